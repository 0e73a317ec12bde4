package io.holdfast;

/** The state of the license: docs/enforcement.md. */
public enum State {
  /** One that this version does not know. */
  OTHER(0),
  ACTIVE(1),
  EXPIRING(2),
  GRACE(3),
  FALLBACK(4),
  EXPIRED(5),
  NOT_YET_VALID(6),
  HARDWARE_UNAVAILABLE(7),
  RETIRED(8),
  WRONG_HARDWARE(9),
  SUSPENDED(10),
  REVOKED(11),
  CLOCK_SET_BACK(12),
  OFFLINE_TOO_LONG(13),
  EMERGENCY(14),
  STATE_ROLLBACK(15),
  TAMPERED(16),
  NONE(17),
  AGENT_GONE(100),
  AGENT_UNPROVEN(101);

  private final int number;

  State(int number) {
    this.number = number;
  }

  static State of(long number) {
    for (State state : values()) if (state.number == number) return state;
    return OTHER;
  }

  /** The number that holdfast.h gives it. */
  public int number() {
    return number;
  }

  /** As in {@code holdfast status}: {@code grace}. */
  @Override
  public String toString() {
    return Utf8.text(Native.stateName(number));
  }
}
