export const SERVICE_INFO = Symbol('jobs:SERVICE_INFO');
