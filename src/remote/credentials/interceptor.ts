import { type Interceptor, InterceptingCall, Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { messageOf } from '../../errors.js';
import type { CredentialKeeper, Issued } from './keeper.js';

/** How the details of a call begin that was not made for want of credentials. */
export const NO_CREDENTIALS = 'no credentials: ';

/** How the details of a call begin whose credentials had become too old; another attempt has new ones. */
export const RENEWED = 'the credentials were refused and are renewed: ';

/** gRPC ends a call by itself at its deadline, without a word while the call waits here; so this ends it before. */
const DEADLINE_MARGIN = 20;

/**
 * Sends credentials with every call. What is refused for being too old (a call that the server answers with
 * UNAUTHENTICATED in mid-run) ends with UNAVAILABLE, which is tried again, then with new credentials.
 */
export function credentialInterceptor(keeper: CredentialKeeper): Interceptor {
  return (options, nextCall) => {
    const call = nextCall(options);
    let waiting: Waiting | undefined;
    return new InterceptingCall(call, {
      start: (metadata, listener, next) => {
        const proceed = (issued: Issued) => {
          addHeaders(metadata, issued.headers);
          next(metadata, { onReceiveStatus: (end, pass) => pass(judge(end, issued, keeper)) });
        };
        const ready = keeper.atHand();
        if (ready === undefined) {
          const giveUp = (how: StatusObject) => {
            call.cancelWithStatus(how.code, how.details); // It was never started, but has set its timer already.
            listener.onReceiveStatus(how);
          };
          waiting = wait(keeper, timeLeft(options.deadline), proceed, giveUp);
        } else proceed(ready);
      },
      cancel: (next) => {
        waiting?.cancel();
        next();
      },
    });
  };
}

interface Waiting {
  cancel(): void;
}

/** Waits for credentials, and then either proceeds or gives up, once. */
function wait(
  keeper: CredentialKeeper,
  milliseconds: number | undefined,
  proceed: (issued: Issued) => void,
  giveUp: (how: StatusObject) => void,
): Waiting {
  let settled = false;
  const settle = (act: () => void) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    act();
  };
  const fail = (code: status, details: string) =>
    settle(() => giveUp({ code, details, metadata: new Metadata() }));
  const late = `${NO_CREDENTIALS}${keeper.source.description} did not come in time`;
  const timer =
    milliseconds === undefined
      ? undefined
      : setTimeout(() => fail(status.DEADLINE_EXCEEDED, late), milliseconds);
  keeper.obtain().then(
    (issued) => settle(() => proceed(issued)),
    (error: unknown) => fail(status.UNAUTHENTICATED, NO_CREDENTIALS + messageOf(error)),
  );
  return { cancel: () => fail(status.CANCELLED, 'cancelled') };
}

function judge(end: StatusObject, issued: Issued, keeper: CredentialKeeper): StatusObject {
  if (end.code !== status.UNAUTHENTICATED || !keeper.refused(issued)) return end;
  return { ...end, code: status.UNAVAILABLE, details: RENEWED + end.details };
}

function addHeaders(metadata: Metadata, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    metadata.set(name, name.endsWith('-bin') ? Buffer.from(value, 'base64') : value);
  }
}

function timeLeft(deadline: Date | number | undefined): number | undefined {
  if (deadline === undefined) return undefined;
  return Math.max(0, Number(deadline) - Date.now() - DEADLINE_MARGIN);
}
