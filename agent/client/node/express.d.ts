import {IncomingMessage, ServerResponse} from 'node:http';
import {HoldfastError, License, Reason, Verdict} from './index.js';

/** Of Express, connect and node:http. */
export type Middleware<Req extends IncomingMessage = any, Res extends ServerResponse = any> = (req: Req, res: Res, next: (error?: unknown) => void) => Promise<void>;

/** Why a request is not served. */
export interface Refusal {
  /** The HTTP status that answers it, 402, 403, 429 or 503. */
  status: number;
  /** The feature, meter or limit; "anything" of requireLicense. */
  subject: string;
  /** What happened, for users. */
  detail: string;
  /** A reason; of an error its code in lower case: "no_agent", "timeout". */
  reason: Reason;
  advice: string;
  /** Seconds; only of what may pass by itself. */
  retryAfter?: number;
  /** Only of an error: what it says is for the log, and not for users. */
  error?: HoldfastError;
}

export interface GateOptions<Req extends IncomingMessage = any, Res extends ServerResponse = any> {
  /** It is allowed, and there is something to tell ("grace"): of each request, before it is served. */
  onNotice?(verdict: Verdict, req: Req, res: Res): void;
  /** Answers, or calls `next`, in place of the answer as application/problem+json. */
  onDenied?(refusal: Refusal, req: Req, res: Res, next: (error?: unknown) => void): unknown;
}

export interface SeatOptions<Req extends IncomingMessage = any, Res extends ServerResponse = any> extends GateOptions<Req, Res> {
  /** Whose seat it is: requests with the same session share one. Default: each request has its own. */
  session?(req: Req): string | number | object;
  /** A session's seat is given back when it has had no request for so long. Default: 0, with the end of its last request. */
  idleMs?: number;
}

/** The license grants something: the edition, or the fallback edition. */
export function requireLicense(license: License, options?: GateOptions): Middleware;
export function requireFeature(license: License, feature: string, options?: GateOptions): Middleware;
/** Uses up units of a meter before the request is served. They do not come back. Default: 1; 0 uses none. */
export function usageLimit<Req extends IncomingMessage = any>(
  license: License,
  meter: string,
  units?: number | ((req: Req, res: any) => number | Promise<number>),
  options?: GateOptions,
): Middleware;
/** Holds a seat. `end` is for a logout: the session gives its seat back now, or with the end of its last request that runs. */
export function seat(license: License, limit: string, options?: SeatOptions): Middleware & {end(session: string | number | object): void};
