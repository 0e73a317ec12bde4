package io.holdfast;

/** Which error: those of holdfast.h, with its numbers. */
public enum Code {
  INVALID_ARGUMENT(-1),
  BUFFER_TOO_SMALL(-2),
  /** The feature's value is not of the kind that was asked for. */
  WRONG_TYPE(-3),
  CLOSED(-4),
  FORKED(-5),
  NO_MEMORY(-10),
  /** No descriptors, no /proc and the like. */
  SYSTEM(-11),
  /** Nobody listens, the socket may not be opened, or the agent went away. */
  NO_AGENT(-12),
  TIMEOUT(-13),
  /** The agent's answer is an error: too many connections, the TPM is busy. */
  REFUSED(-14),
  /** The agent cannot vouch: unproven hardware, a revoked license, or none at all. */
  UNPROVEN(-15),
  AGENT_INVALID(-20),
  AGENT_FAKE(-21),
  AGENT_REPLAYED(-22),
  OTHER_VENDOR(-23),
  OTHER_HOST(-24),
  AGENT_ALTERED(-25),
  /** A defect of the library, or an error that this version does not know. */
  INTERNAL(-99);

  private final int number;

  Code(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }

  static Code of(int number) {
    for (Code code : values()) if (code.number == number) return code;
    return INTERNAL;
  }

  /** As in C and in logs: {@code no_agent}. */
  @Override
  public String toString() {
    return Utf8.text(Native.resultName(number));
  }
}
