package io.holdfast;

import java.util.OptionalLong;

/** How much of a limit there is. */
public final class Limit {
  private final long max, used, held;

  Limit(long max, long used, long held) {
    this.max = max;
    this.used = used;
    this.held = held;
  }

  /** That the license includes. */
  public long max() {
    return max;
  }

  /** By all processes of the host; of a meter, in this period. Empty: not known yet. */
  public OptionalLong used() {
    return used < 0 ? OptionalLong.empty() : OptionalLong.of(used);
  }

  /** By this {@link Holdfast}; 0 of a meter. */
  public long held() {
    return held;
  }

  @Override
  public String toString() {
    return "max " + max + ", used " + (used < 0 ? "unknown" : used) + ", held " + held;
  }
}
