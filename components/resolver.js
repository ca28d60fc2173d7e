// The one resolver of every field: hands the field to its Lambda function, and its answer or its refusal back.
import { util } from '@aws-appsync/utils';

export function request(ctx) {
  return {
    operation: 'Invoke',
    payload: { field: ctx.info.fieldName, arguments: ctx.args, identity: ctx.identity },
  };
}

export function response(ctx) {
  if (ctx.error) {
    util.error('Foreman could not answer; nothing was changed unless the record says so.', 'InternalError');
  }
  if (ctx.result && ctx.result.error) {
    util.error(ctx.result.error.message, ctx.result.error.type, null, ctx.result.error.info);
  }
  return ctx.result.data;
}
