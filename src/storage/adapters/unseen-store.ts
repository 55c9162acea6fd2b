/** Said by readiness of every kind of store that only the engine sees. */
export function describeUnseenStore(store: string): string {
  return (
    `${store}, which this service does not see: the engine makes output directories, and symbolic ` +
    'links are not checked; mount the store and set STOREBASE_MOUNT'
  );
}
