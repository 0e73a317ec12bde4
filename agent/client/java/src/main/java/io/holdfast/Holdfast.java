package io.holdfast;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongFunction;

/**
 * What the Holdfast agent of this host says the license grants. Open one at start, keep it, and check where the work is done.
 *
 * <pre>{@code
 * try (Holdfast license = Holdfast.open(new Options("acme-cad", ROOTS).openAnyway())) {
 *   license.guard("export", () -> export(drawing));
 * }
 * }</pre>
 *
 * <p>All threads may use one at the same time, and close it. A check answers from memory; methods about limits and keys ask the agent, for the timeout
 * at most, and cannot be interrupted. Names are those of the license's terms; one that has more than 64 octets, a zero octet or half a surrogate
 * pair is a {@link MisuseException}. docs/application.md of Holdfast says what to do on each reason.
 */
public final class Holdfast implements AutoCloseable {
  // A thread of its own: giving back a seat asks the agent, and nobody else's cleaning is to wait for that.
  static final Cleaner CLEANER = Cleaner.create();

  private static final int KEY_SIZE = 32;

  private final Handle handle;
  private final Changes changes = new Changes();
  private final Cleaner.Cleanable cleanable;

  private Holdfast(Handle handle) {
    this.handle = handle;
    this.cleanable = CLEANER.register(this, handle);
  }

  /**
   * Asks the agent for its proof and for what the license grants.
   *
   * @throws MisuseException of the options
   * @throws UnavailableException without {@link Options#openAnyway}: there is no agent, or it cannot vouch
   * @throws UntrustedAgentException without {@link Options#openAnyway}: who answers is not the agent of this license
   */
  public static Holdfast open(Options options) {
    byte[] socket = options.socket == null ? null : Utf8.octets("socket", options.socket);
    return new Holdfast(
        new Handle(
            Native.open(
                Utf8.octets("product", options.product),
                Utf8.octets("roots", options.roots),
                socket,
                options.timeoutMillis,
                options.anyway)));
  }

  /** Of the native library. */
  public static String version() {
    return Utf8.text(Native.version());
  }

  /** Gives back what is held. Calls of other threads end as they would have; who waits for a change is woken. */
  @Override
  public void close() {
    cleanable.clean();
  }

  // ---- checks: from what the agent said last ----

  /** Is the feature granted? */
  public Verdict check(String feature) {
    byte[] name = Utf8.name(feature);
    long client = handle.enter();
    try {
      return Verdict.of(Native.check(client, name));
    } finally {
      leave();
    }
  }

  /**
   * Check, or throw.
   *
   * @return what is allowed, which may have a reason to show
   */
  public Verdict require(String feature) {
    return granted(feature, check(feature));
  }

  /** Any edition, be it the fallback edition, or throw. For what is no feature of its own, and new. */
  public Status requireLicense() {
    Status status = status();
    if (!status.grants()) throw new DeniedException("anything", Verdict.denied(status.reasons().get(0)));
    return status;
  }

  /** Does the work where the feature is granted. */
  public <E extends Exception> void guard(String feature, Work<E> work) throws E {
    require(feature);
    work.run();
  }

  /** Does the work where the feature is granted, and returns what came of it. */
  public <T, E extends Exception> T guard(String feature, Task<T, E> task) throws E {
    require(feature);
    return task.run();
  }

  /**
   * A feature's value; {@code otherwise} where it is denied: what everybody has.
   *
   * @throws MisuseException it is granted, and is not an integer
   */
  public long integer(String feature, long otherwise) {
    byte[] name = Utf8.name(feature);
    long client = handle.enter();
    try {
      return Native.integer(client, name, otherwise);
    } finally {
      leave();
    }
  }

  /**
   * A feature's value; {@code otherwise} where it is denied: what everybody has.
   *
   * @throws MisuseException it is granted, and is not a text
   */
  public String text(String feature, String otherwise) {
    byte[] name = Utf8.name(feature);
    long client = handle.enter();
    try {
      byte[] text = Native.text(client, name);
      return text == null ? otherwise : Utf8.text(text);
    } finally {
      leave();
    }
  }

  // ---- limits and keys: each a question to the agent; what is denied is a DeniedException ----

  /** A seat. */
  public Seat acquire(String limit) {
    return acquire(limit, 1);
  }

  /** So many units of seats or a gauge, all or none. */
  public Seat acquire(String limit, long amount) {
    byte[] name = Utf8.name(limit);
    granted(limit, ask(client -> Verdict.of(Native.acquire(client, name, amount))));
    return new Seat(this, handle, name, amount);
  }

  /** Makes what this license holds exactly {@code amount}, which may be 0: for gauges, not for what has {@link Seat}s. */
  public Verdict set(String gauge, long amount) {
    byte[] name = Utf8.name(gauge);
    return granted(gauge, ask(client -> Verdict.of(Native.set(client, name, amount))));
  }

  /**
   * Uses up units of a meter, all or none; they do not come back. Before the work that they pay for.
   *
   * @throws UnavailableException after which it is not known whether they were used
   */
  public Verdict consume(String meter, long amount) {
    byte[] name = Utf8.name(meter);
    return granted(meter, ask(client -> Verdict.of(Native.consume(client, name, amount))));
  }

  /** Empty: what applies now has no such limit. */
  public Optional<Limit> limit(String limit) {
    byte[] name = Utf8.name(limit);
    long[] figures = new long[3];
    boolean known = ask(client -> Verdict.of(Native.limit(client, name, figures)).allowed());
    return known ? Optional.of(new Limit(figures[0], figures[1], figures[2])) : Optional.empty();
  }

  /** A content key, 32 octets from the TPM: ask once, and overwrite it with zeros after use. */
  public byte[] key(String name) {
    byte[] octets = Utf8.name(name), key = new byte[KEY_SIZE];
    granted(name, ask(client -> Verdict.of(Native.key(client, octets, key))));
    return key;
  }

  // ---- status and changes ----

  public Status status() {
    byte[] edition = new byte[Status.EDITION_SIZE];
    return new Status(ask(client -> Native.status(client, edition)), edition);
  }

  /** LICENSE of docs/local-api.md: all that there is to show. */
  public String statusJson() {
    return Utf8.text(ask(Native::statusJson));
  }

  /** Why the agent was not believed or not reached when it was asked last; what stands behind {@link Reason#AGENT_GONE}. */
  public Optional<HoldfastException> agentTrouble() {
    return Optional.ofNullable(ask(Native::agentError));
  }

  /**
   * Waits until a check or the status may say something else than at the last call. One thread at a time does; each change is told to one.
   *
   * @return false when the time is over
   * @throws MisuseException with {@link Code#CLOSED} when it is closed meanwhile
   */
  public boolean awaitChange(Duration timeout) throws InterruptedException {
    try {
      return changes.await(handle, timeout);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private <T> T ask(LongFunction<T> question) {
    long client = handle.enter();
    try {
      return question.apply(client);
    } finally {
      leave();
    }
  }

  private void leave() {
    handle.leave();
    Reference.reachabilityFence(this); // not found forgotten in the midst of its last call
  }

  private static Verdict granted(String what, Verdict verdict) {
    if (!verdict.allowed()) throw new DeniedException(what, verdict);
    return verdict;
  }

  /** Of {@link #guard}. */
  @FunctionalInterface
  public interface Work<E extends Exception> {
    void run() throws E;
  }

  /** Of {@link #guard}. */
  @FunctionalInterface
  public interface Task<T, E extends Exception> {
    T run() throws E;
  }
}
