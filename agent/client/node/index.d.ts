import {EventEmitter} from 'node:events';

/** A name of docs/enforcement.md, or the library's own: "agent_gone", "agent_unproven", "other". */
export type Reason = string;

export interface Options {
  /** The product's id, as the vendor named it. */
  product: string;
  /** The vendor's roots.pem. It is what everything is trusted by: make it part of the program, and do not read it from where users can write. */
  rootsPem: string | Uint8Array;
  /** The agent's socket; default: /run/holdfast/agent.sock. */
  socket?: string;
  /** No call takes longer; default: 2000. What uses the TPM (`key`) may need some seconds. */
  timeoutMs?: number;
  /** Gives a license also when no agent is believed now: everything is denied until there is one. */
  openAnyway?: boolean;
}

/** The answer to a question. It is frozen, and shared by all that are equal. */
export interface Verdict {
  readonly allowed: boolean;
  /** The most serious one, also when it is allowed: "grace", "expiring". */
  readonly reason: Reason;
  /** What the administrator does about it; may be empty. */
  readonly advice: string;
}

export interface Status {
  /** "active", "expiring", "grace", "fallback", ... */
  state: string;
  /** The most serious one. */
  reason: Reason;
  advice: string;
  /** All of them, the most serious first. */
  reasons: Reason[];
  /** null: nothing is granted. */
  edition: string | null;
  /** null: perpetual, or nothing is granted. */
  expires: Date | null;
  /** Whole days, negative afterwards. */
  daysLeft: number | null;
}

export interface LimitStatus {
  /** What the license includes. */
  max: number;
  /** By all processes of the host; null: not known yet. */
  used: number | null;
  /** By this license object. */
  held: number;
}

/** One for a process is enough. Every call throws a HoldfastError; those that return a promise reject it. */
export class License extends EventEmitter {
  private constructor();

  /** Is it granted? Less than a microsecond; it waits for the agent only when something has changed. */
  check(feature: string): Verdict;
  /** `check(feature).allowed`. */
  allows(feature: string): boolean;
  /** The feature's value, or `otherwise` where it is denied. UsageError HOLDFAST_WRONG_TYPE: it has another kind of value. */
  integer(feature: string): number | undefined;
  integer<T>(feature: string, otherwise: T): number | T;
  text(feature: string): string | undefined;
  text<T>(feature: string, otherwise: T): string | T;

  /** Takes more of seats or a gauge, all of it or none; default: 1. What is held is given back by `close`, and when the process ends. */
  acquire(limit: string, amount?: number): Promise<Verdict>;
  /** Gives back; default: everything. */
  release(limit: string, amount?: number): Promise<void>;
  /** Makes what is held exactly `amount`: for gauges. */
  set(limit: string, amount: number): Promise<Verdict>;
  /** Uses up units of a meter, all of them or none; default: 1. They do not come back. After an UnavailableError they may have been used. */
  consume(meter: string, amount?: number): Promise<Verdict>;
  /** DeniedError: the license has no such limit. */
  limit(limit: string): Promise<LimitStatus>;
  /** A content key, 32 octets. Overwrite it after use (`fill(0)`). DeniedError: it is not granted. */
  key(name: string): Promise<Buffer>;

  status(): Status;
  /** LICENSE of docs/local-api.md, all that there is to show to a user. */
  statusJson(): string;
  /** Why the agent was not believed, or not reached, when it was asked last. null: it was. It is what stands behind "agent_gone". */
  agentError(): HoldfastError | null;

  /** Ends the license; what is asked afterwards throws HOLDFAST_CLOSED. Questions on their way are answered. It may be called again. */
  close(): void;

  /** A check or the status may say something else now. It keeps no process alive; while somebody listens, the license is not collected as garbage. */
  on(event: 'change', listener: () => void): this;
  once(event: 'change', listener: () => void): this;
}

export function open(options: Options): License;

/** Of the library. */
export const version: string;

export class HoldfastError extends Error {
  /** The name in holdfast.h: "HOLDFAST_NO_AGENT". */
  code: string;
  /** Stable name of what failed, for logs and support: "agent.absent". */
  check: string;
  /** What to do about it; may be empty. */
  advice: string;
}

/** A mistake of the application's: a wrong type or name, a license that was closed. */
export class UsageError extends HoldfastError {}

/** A trouble of the host's: no agent, no answer in time, the TPM is busy. Trying again later may help. */
export class UnavailableError extends HoldfastError {}

/** Who answers is not the agent of this host with a license of this vendor. Log it, with the check. */
export class UntrustedAgentError extends HoldfastError {}

/** A value was asked for, and the license says no. */
export class DeniedError extends HoldfastError {
  reason: Reason;
}
