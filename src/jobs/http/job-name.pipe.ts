import { Injectable, type PipeTransform } from '@nestjs/common';
import { JOB_NAME_RULE, parseJobName, type JobName } from '../../scheduling/domain/job-name.js';
import { invalidFields } from '../../shared/domain-error.js';

/** Turns the jid of a path into a `JobName`; a leading slash is stripped. */
@Injectable()
export class JobNamePipe implements PipeTransform<string, JobName> {
  transform(jid: string): JobName {
    const name = parseJobName(jid.replace(/^\/+/, ''));
    if (name === undefined) throw invalidFields({ jid: JOB_NAME_RULE });
    return name;
  }
}
