/* libholdfast: what a licensed application asks the Holdfast agent of its host.
 *
 * Link with -lholdfast. docs/application.md is the guide, holdfast(3) the man page.
 *
 * CONVENTIONS, which hold for every function below:
 *
 *   Results    A function returns HOLDFAST_OK (0), HOLDFAST_DENIED (1: everything is genuine, and the license says no), or an
 *              error, which is negative. After an error outputs are as they were, and holdfast_last_error has the details.
 *   Strings    UTF-8, ended by a zero octet. What goes in is read during the call and never kept. What comes out is written
 *              into a buffer of the caller's of `capacity` octets, the zero included: all of it, or nothing and
 *              HOLDFAST_BUFFER_TOO_SMALL; `*length`, where it is not NULL, is the length without the zero, in both cases.
 *              Names that functions return (holdfast_reason_name and the like) are constants and never freed.
 *   Memory     Nothing that one side allocates is freed by the other, but for handles: holdfast_open makes, holdfast_close ends.
 *   Structs    Begin with `size`; the caller sets it to sizeof of the struct that it was compiled with. Members are only added.
 *   Times      Timeouts are milliseconds, points in time seconds since 1970-01-01 UTC, days are of 86,400 seconds.
 *   Threads    One handle may be used by all threads at the same time. holdfast_close comes after all other calls of that handle.
 *              The library makes no thread, installs no signal handler, raises no SIGPIPE and reads no environment of its own. Its
 *              descriptors are closed by execve. No function may be called from a signal handler.
 *   Fork       A child opens a handle of its own. With the parent's every call returns HOLDFAST_FORKED, but for holdfast_close.
 *              When the parent is killed, what it held (seats) is free when the children that have a copy have closed it, called execve, or
 *              ended, too.
 *   Misuse     A handle is not used after holdfast_close: undefined. (As long as the memory is not used again, the answer is
 *              HOLDFAST_CLOSED, to find mistakes.)
 */
#ifndef HOLDFAST_H
#define HOLDFAST_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HOLDFAST_API __attribute__((visibility("default")))
#else
#define HOLDFAST_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* What a function returns. Numbers never change; new ones are only added. */
enum {
  HOLDFAST_OK = 0,     /* done; of a question: allowed */
  HOLDFAST_DENIED = 1, /* the license says no; the reason says why */

  /* The application's own mistakes. */
  HOLDFAST_INVALID_ARGUMENT = -1, /* NULL, a wrong struct size, amount or name, roots that are none */
  HOLDFAST_BUFFER_TOO_SMALL = -2,
  HOLDFAST_WRONG_TYPE = -3, /* the feature's value is not of the kind that was asked for */
  HOLDFAST_CLOSED = -4,     /* the handle was closed before, or is none */
  HOLDFAST_FORKED = -5,     /* the handle is the parent's: open another one */

  /* The host's troubles: trying again later may help. */
  HOLDFAST_NO_MEMORY = -10,
  HOLDFAST_SYSTEM = -11,   /* no descriptors, no /proc and the like */
  HOLDFAST_NO_AGENT = -12, /* nobody listens, the socket may not be opened, or the agent went away */
  HOLDFAST_TIMEOUT = -13,  /* the agent did not answer in time */
  HOLDFAST_REFUSED = -14,  /* the agent's answer is an error: too many connections, the TPM is busy ... */
  HOLDFAST_UNPROVEN = -15, /* the agent cannot vouch: unproven hardware, a revoked license, or none at all */

  /* Who answers is not the agent of this host with a license of this vendor. */
  HOLDFAST_AGENT_INVALID = -20,  /* what it says is no answer: garbage, too long, malformed */
  HOLDFAST_AGENT_FAKE = -21,     /* it has a license's file, but not the license's key */
  HOLDFAST_AGENT_REPLAYED = -22, /* recorded: its proof is not for this question, or its session is over */
  HOLDFAST_OTHER_VENDOR = -23,   /* its license leads to none of the roots, or is another product's */
  HOLDFAST_OTHER_HOST = -24,     /* it runs on another host, or under another boot of this one */
  HOLDFAST_AGENT_ALTERED = -25,  /* an answer was altered on its way */

  HOLDFAST_INTERNAL = -99 /* a defect of the library */
};

/* Why something was denied, or what to tell the user although it is allowed. The same names as in docs/enforcement.md and in
 * `holdfast status`; numbers never change, new ones are only added. */
typedef enum holdfast_reason {
  HOLDFAST_REASON_OTHER = 0, /* one that this version of the library does not know */
  HOLDFAST_REASON_ACTIVE = 1,
  HOLDFAST_REASON_TAMPERED = 2,
  HOLDFAST_REASON_REVOKED = 3,
  HOLDFAST_REASON_SUSPENDED = 4,
  HOLDFAST_REASON_WRONG_HARDWARE = 5,
  HOLDFAST_REASON_STATE_ROLLBACK = 6,
  HOLDFAST_REASON_RETIRED = 7,
  HOLDFAST_REASON_HARDWARE_UNAVAILABLE = 8,
  HOLDFAST_REASON_NO_LICENSE = 9,
  HOLDFAST_REASON_NOT_YET_VALID = 10,
  HOLDFAST_REASON_EXPIRED = 11,
  HOLDFAST_REASON_CLOCK_SET_BACK = 12,
  HOLDFAST_REASON_OFFLINE_TOO_LONG = 13,
  HOLDFAST_REASON_UNKNOWN_FEATURE = 14,
  HOLDFAST_REASON_UNKNOWN_LIMIT = 15,
  HOLDFAST_REASON_UNKNOWN_KEY = 16,
  HOLDFAST_REASON_FEATURE_NOT_GRANTED = 17,
  HOLDFAST_REASON_KEY_NOT_GRANTED = 18,
  HOLDFAST_REASON_LIMIT_REACHED = 19,
  HOLDFAST_REASON_FALLBACK_EDITION = 20,
  HOLDFAST_REASON_GRACE = 21,
  HOLDFAST_REASON_OFFLINE_GRACE = 22,
  HOLDFAST_REASON_OVERAGE = 23,
  HOLDFAST_REASON_CLOCK_AHEAD = 24,
  HOLDFAST_REASON_EXPIRING = 25,
  HOLDFAST_REASON_EMERGENCY = 26,
  HOLDFAST_REASON_ADVISORY = 27,
  HOLDFAST_REASON_HEARTBEAT_DUE = 28,
  HOLDFAST_REASON_REVOCATION_STALE = 29,
  HOLDFAST_REASON_CALLER_EXCLUDED = 30,
  /* The library's own. */
  HOLDFAST_REASON_AGENT_GONE =
      100, /* no agent that is believed has answered for longer than the license allows */
  HOLDFAST_REASON_AGENT_UNPROVEN = 101, /* the agent cannot vouch for the license, and does not say why */
  HOLDFAST_REASON_LAST_ = 0x7fffffff    /* no reason: makes the type an int for ever */
} holdfast_reason;

/* The state of the license, as in docs/enforcement.md. */
typedef enum holdfast_state {
  HOLDFAST_STATE_OTHER = 0, /* one that this version of the library does not know */
  HOLDFAST_STATE_ACTIVE = 1,
  HOLDFAST_STATE_EXPIRING = 2,
  HOLDFAST_STATE_GRACE = 3,
  HOLDFAST_STATE_FALLBACK = 4,
  HOLDFAST_STATE_EXPIRED = 5,
  HOLDFAST_STATE_NOT_YET_VALID = 6,
  HOLDFAST_STATE_HARDWARE_UNAVAILABLE = 7,
  HOLDFAST_STATE_RETIRED = 8,
  HOLDFAST_STATE_WRONG_HARDWARE = 9,
  HOLDFAST_STATE_SUSPENDED = 10,
  HOLDFAST_STATE_REVOKED = 11,
  HOLDFAST_STATE_CLOCK_SET_BACK = 12,
  HOLDFAST_STATE_OFFLINE_TOO_LONG = 13,
  HOLDFAST_STATE_EMERGENCY = 14,
  HOLDFAST_STATE_STATE_ROLLBACK = 15,
  HOLDFAST_STATE_TAMPERED = 16,
  HOLDFAST_STATE_NONE = 17,
  /* The library's own. */
  HOLDFAST_STATE_AGENT_GONE = 100,
  HOLDFAST_STATE_AGENT_UNPROVEN = 101,
  HOLDFAST_STATE_LAST_ = 0x7fffffff
} holdfast_state;

typedef struct holdfast_handle holdfast_handle; /* opaque */

/* ---- open and close ---- */

/* Flags of holdfast_options. */
enum {
  /* holdfast_open gives a handle also when there is no agent that is believed now. Every check is denied then, with
   * HOLDFAST_REASON_AGENT_GONE, and it is tried again, at most once a second, by checks and by holdfast_drain. For applications
   * that start without a license and say so. */
  HOLDFAST_OPEN_ANYWAY = 1
};

typedef struct holdfast_options {
  size_t size;         /* sizeof(holdfast_options) */
  const char* product; /* the product's id, as the vendor named it: [a-z0-9][a-z0-9._-]{0,63} */
  const char*
      roots_pem;      /* the text of the vendor's roots.pem, compiled into the application; at most 256 KiB */
  const char* socket; /* the agent's socket; NULL: /run/holdfast/agent.sock */
  uint32_t
      timeout_ms; /* no call takes longer, milliseconds; 0: 2,000. What uses the TPM (holdfast_key) may need some seconds */
  uint32_t flags; /* HOLDFAST_OPEN_ANYWAY or 0; others are an error */
} holdfast_options;

/* Asks the agent for its proof, which leads from a fresh nonce over the license to one of the given roots, and for what the license
 * grants. About a millisecond. `*handle` is NULL after an error.
 * Errors: HOLDFAST_INVALID_ARGUMENT, HOLDFAST_NO_MEMORY, HOLDFAST_SYSTEM; and without HOLDFAST_OPEN_ANYWAY those of the agent:
 * HOLDFAST_NO_AGENT to HOLDFAST_AGENT_ALTERED.
 * Threads: any. */
HOLDFAST_API int holdfast_open(const holdfast_options* options, holdfast_handle** handle);

/* Gives back what the handle holds (seats, gauges) and frees it. NULL is allowed. In a forked child it frees the child's copy
 * only. Threads: one, when no other thread uses the handle any more. */
HOLDFAST_API void holdfast_close(holdfast_handle* handle);

/* ---- checks: no system call as long as nothing has changed ---- */

/* Is `feature` granted? Tens of nanoseconds, from what the agent said last; a change (revocation, expiry, a new license) is seen within
 * a second. Then one thread asks the agent, for the timeout at most, and the others go on with what was. When the agent is gone, what it
 * said stands for the time that the license allows (`agent_absence`, 5 minutes by default); then all is denied, HOLDFAST_REASON_AGENT_GONE.
 * `reason`, where it is not NULL: the most serious reason, also when it is allowed (HOLDFAST_REASON_EXPIRING).
 * Returns HOLDFAST_OK, HOLDFAST_DENIED, HOLDFAST_INVALID_ARGUMENT, HOLDFAST_CLOSED, HOLDFAST_FORKED; no other errors: an agent in
 * trouble is a reason. A feature that the license does not know is denied, HOLDFAST_REASON_UNKNOWN_FEATURE.
 * Threads: any, without locks. */
HOLDFAST_API int holdfast_check(holdfast_handle* handle, const char* feature, holdfast_reason* reason);

/* The same, and the value of a feature that is an integer. HOLDFAST_WRONG_TYPE: it is granted, and has another kind of value. */
HOLDFAST_API int holdfast_integer(holdfast_handle* handle, const char* feature, int64_t* value,
                                  holdfast_reason* reason);

/* The same of a text, at most 256 octets. */
HOLDFAST_API int holdfast_text(holdfast_handle* handle, const char* feature, char* buffer, size_t capacity,
                               size_t* length, holdfast_reason* reason);

/* ---- limits: each call is one question to the agent, for the timeout at most ----
 *
 * What a handle holds is given back by holdfast_close, and when the process ends, also when it is killed. When the agent is restarted,
 * the next call about a limit takes again what the handle held; where that is denied by then, the handle holds it no more
 * (holdfast_limit_status says what it holds).
 *
 * Errors, of all of them: HOLDFAST_INVALID_ARGUMENT (also of a limit of another kind), HOLDFAST_CLOSED, HOLDFAST_FORKED,
 * HOLDFAST_NO_MEMORY, HOLDFAST_SYSTEM, and those of the agent, HOLDFAST_NO_AGENT to HOLDFAST_AGENT_ALTERED. Amounts: 1 to 2^53 - 1.
 * Threads: any; calls of one handle wait for each other. */

#define HOLDFAST_ALL INT64_MAX /* of holdfast_release: everything that this handle holds of it */

/* Takes `amount` more units of seats or a gauge: all of them, or none and HOLDFAST_DENIED. */
HOLDFAST_API int holdfast_acquire(holdfast_handle* handle, const char* limit, int64_t amount,
                                  holdfast_reason* reason);

/* Gives units back. HOLDFAST_OK also when it held less. */
HOLDFAST_API int holdfast_release(holdfast_handle* handle, const char* limit, int64_t amount);

/* Makes what this handle holds exactly `amount`, which may be 0: for gauges. */
HOLDFAST_API int holdfast_set(holdfast_handle* handle, const char* limit, int64_t amount,
                              holdfast_reason* reason);

/* Uses up `amount` units of a meter: all of them, or none and HOLDFAST_DENIED. They do not come back. After HOLDFAST_TIMEOUT and
 * HOLDFAST_NO_AGENT it is not known whether they were used. */
HOLDFAST_API int holdfast_consume(holdfast_handle* handle, const char* meter, int64_t amount,
                                  holdfast_reason* reason);

typedef struct holdfast_limit {
  size_t size;  /* sizeof(holdfast_limit) */
  int64_t max;  /* that the license includes */
  int64_t used; /* by all processes of the host; of a meter, in this period. -1: not known yet */
  int64_t held; /* by this handle; 0 of a meter */
} holdfast_limit;

/* HOLDFAST_DENIED, HOLDFAST_REASON_UNKNOWN_LIMIT: what applies now has no such limit. */
HOLDFAST_API int holdfast_limit_status(holdfast_handle* handle, const char* limit, holdfast_limit* status,
                                       holdfast_reason* reason);

/* ---- content keys ---- */

#define HOLDFAST_KEY_SIZE 32

/* A content key, which the vendor sealed to the TPM of this host. Milliseconds to a second: ask once, and overwrite it after use.
 * Errors and threads: as of limits. HOLDFAST_REFUSED: holdfast_last_error has the check, for instance tpm.busy. */
HOLDFAST_API int holdfast_key(holdfast_handle* handle, const char* name, uint8_t key[HOLDFAST_KEY_SIZE],
                              holdfast_reason* reason);

/* ---- status: from what the agent said last, without a question to it ---- */

#define HOLDFAST_MAX_REASONS 32

typedef struct holdfast_status {
  size_t size; /* sizeof(holdfast_status) */
  holdfast_state state;
  uint32_t reason_count;                         /* at most HOLDFAST_MAX_REASONS */
  holdfast_reason reasons[HOLDFAST_MAX_REASONS]; /* of the license, the most serious first */
  int32_t has_expiry; /* 0: perpetual, or nothing is granted; the next two are 0 then */
  int32_t reserved;   /* 0 */
  int64_t expires;    /* seconds since 1970-01-01 UTC */
  int64_t days_left;  /* whole days until then, negative after it */
  char edition[72];   /* what applies now; empty: nothing */
} holdfast_status;

/* HOLDFAST_OK whatever the state is. Errors: HOLDFAST_INVALID_ARGUMENT, HOLDFAST_CLOSED, HOLDFAST_FORKED. Threads: any, without locks. */
HOLDFAST_API int holdfast_get_status(holdfast_handle* handle, holdfast_status* status);

/* LICENSE of docs/local-api.md, as one JSON object: all that there is to show to a user. At most 64 KiB. When no agent is believed, it
 * has `product`, `state` and `reasons` only. */
HOLDFAST_API int holdfast_status_json(holdfast_handle* handle, char* buffer, size_t capacity, size_t* length);

/* ---- changes ---- */

/* A descriptor that becomes readable when something has changed, to poll for reading. It is the handle's, stays the same and is closed
 * by holdfast_close; the application only polls it, and calls holdfast_drain when it is readable. The first call takes a connection to
 * the agent for good. Errors: HOLDFAST_CLOSED, HOLDFAST_FORKED, HOLDFAST_SYSTEM; an agent that is not there is none: the descriptor
 * then becomes readable about once a second, so that holdfast_drain looks for it again. Threads: any. */
HOLDFAST_API int holdfast_fd(holdfast_handle* handle, int* fd);

/* Makes the descriptor unreadable again, and asks the agent what has changed, for the timeout at most. `*changed`, where it is not NULL:
 * 1 when a check or the status may say something else than at the last call, else 0. Agents in trouble are no error here.
 * Errors: HOLDFAST_INVALID_ARGUMENT (before holdfast_fd), HOLDFAST_CLOSED, HOLDFAST_FORKED. Threads: any. */
HOLDFAST_API int holdfast_drain(holdfast_handle* handle, int* changed);

/* ---- errors and names ---- */

typedef struct holdfast_error {
  size_t size;      /* sizeof(holdfast_error) */
  int32_t code;     /* HOLDFAST_...; HOLDFAST_OK: no call of this thread has failed yet */
  int32_t reserved; /* 0 */
  char check
      [64]; /* stable name of what failed, such as "path.anchor" or "agent.boot_id"; for logs and for support */
  char message[512]; /* what happened, one clause for people; cut when it is longer */
  char advice[512];  /* what to do about it, one sentence; may be empty */
} holdfast_error;

/* The last error of a call of this thread; calls that succeed leave it. Thread local. */
HOLDFAST_API int holdfast_last_error(holdfast_error* error);

/* Why the agent of this handle was not believed, or not reached, when it was asked last; `code` is HOLDFAST_OK when it was. It is what
 * stands behind HOLDFAST_REASON_AGENT_GONE. Threads: any. */
HOLDFAST_API int holdfast_agent_error(holdfast_handle* handle, holdfast_error* error);

/* Constants; never NULL, "other" (and an empty advice) for what this version does not know. */
HOLDFAST_API const char* holdfast_result_name(int result);             /* "no_agent" */
HOLDFAST_API const char* holdfast_reason_name(holdfast_reason reason); /* "limit_reached" */
HOLDFAST_API const char* holdfast_reason_advice(
    holdfast_reason reason); /* what the administrator does; may be empty */
HOLDFAST_API const char* holdfast_state_name(holdfast_state state); /* "grace" */
HOLDFAST_API const char* holdfast_version(void);                    /* of the library: "0.1.0" */

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* HOLDFAST_H */
