package io.holdfast;

/** Why something is denied, or what to tell the user although it is allowed: docs/enforcement.md. The most serious first, but for the last lines. */
public enum Reason {
  /** One that this version does not know: go by allowed or denied. */
  OTHER(0),
  ACTIVE(1),
  TAMPERED(2),
  REVOKED(3),
  SUSPENDED(4),
  WRONG_HARDWARE(5),
  STATE_ROLLBACK(6),
  RETIRED(7),
  HARDWARE_UNAVAILABLE(8),
  NO_LICENSE(9),
  NOT_YET_VALID(10),
  EXPIRED(11),
  CLOCK_SET_BACK(12),
  OFFLINE_TOO_LONG(13),
  UNKNOWN_FEATURE(14),
  UNKNOWN_LIMIT(15),
  UNKNOWN_KEY(16),
  FEATURE_NOT_GRANTED(17),
  KEY_NOT_GRANTED(18),
  LIMIT_REACHED(19),
  FALLBACK_EDITION(20),
  GRACE(21),
  OFFLINE_GRACE(22),
  OVERAGE(23),
  CLOCK_AHEAD(24),
  EXPIRING(25),
  EMERGENCY(26),
  ADVISORY(27),
  HEARTBEAT_DUE(28),
  REVOCATION_STALE(29),
  CALLER_EXCLUDED(30),
  /** No agent that is believed has answered for longer than the license allows; {@link Holdfast#agentTrouble} says why. */
  AGENT_GONE(100),
  AGENT_UNPROVEN(101);

  private static final Reason[] BY_NUMBER = new Reason[AGENT_UNPROVEN.number + 1];

  static {
    for (Reason reason : values()) BY_NUMBER[reason.number] = reason;
  }

  private final int number;

  Reason(int number) {
    this.number = number;
  }

  static Reason of(long number) {
    Reason known = number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[(int) number] : null;
    return known == null ? OTHER : known;
  }

  /** The number that holdfast.h gives it. */
  public int number() {
    return number;
  }

  /** What the administrator does about it; may be empty. */
  public String advice() {
    return Utf8.text(Native.reasonAdvice(number));
  }

  /** As in {@code holdfast status}: {@code limit_reached}. */
  @Override
  public String toString() {
    return Utf8.text(Native.reasonName(number));
  }
}
