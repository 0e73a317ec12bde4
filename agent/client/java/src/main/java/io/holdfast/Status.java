package io.holdfast;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The license as the agent described it last: what to show to a user. */
public final class Status {
  static final int EDITION_SIZE = 72;

  private final State state;
  private final List<Reason> reasons;
  private final String edition;
  private final Instant expires;
  private final long daysLeft;

  /** Of what Native.status answers. */
  Status(long[] figures, byte[] edition) {
    this.state = State.of(figures[0]);
    this.expires = figures[1] == 0 ? null : Instant.ofEpochSecond(figures[2]);
    this.daysLeft = figures[3];
    List<Reason> reasons = new ArrayList<>();
    for (int i = 4; i < figures.length; i++) reasons.add(Reason.of(figures[i]));
    this.reasons = Collections.unmodifiableList(reasons);
    this.edition = Utf8.textBeforeZero(edition);
  }

  public State state() {
    return state;
  }

  /** Of the license, the most serious first. */
  public List<Reason> reasons() {
    return reasons;
  }

  /** Is anything granted, be it by the fallback edition? */
  public boolean grants() {
    return !edition.isEmpty();
  }

  /** What applies now; empty: nothing. */
  public String edition() {
    return edition;
  }

  /** Empty: perpetual, or nothing is granted. */
  public Optional<Instant> expires() {
    return Optional.ofNullable(expires);
  }

  /** Whole days until then, negative after it. */
  public OptionalLong daysLeft() {
    return expires == null ? OptionalLong.empty() : OptionalLong.of(daysLeft);
  }

  @Override
  public String toString() {
    return state + " " + reasons + (edition.isEmpty() ? "" : ", edition " + edition) + (expires == null ? "" : ", expires " + expires);
  }
}
