package io.holdfast;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Units of a limit that are held until this is closed. One that is forgotten is given back when the garbage collector finds it; the process's end, and
 * {@link Holdfast#close}, give back all.
 */
public final class Seat implements AutoCloseable {
  // Keeps the license from being found forgotten before its seats are.
  @SuppressWarnings("unused")
  private final Holdfast license;

  private final Holding holding;

  Seat(Holdfast license, Handle handle, byte[] limit, long amount) {
    this.license = license;
    this.holding = new Holding(handle, limit, amount);
    Holdfast.CLEANER.register(this, holding);
  }

  /**
   * Gives back; again is nothing.
   *
   * @throws UnavailableException the agent cannot be reached: the seat is still held and may be closed again later
   */
  @Override
  public void close() {
    holding.giveBack();
  }

  /** Apart from the seat, which the cleaner must not refer to. */
  private static final class Holding implements Runnable {
    private final Handle handle;
    private final byte[] limit;
    private final long amount;
    private final AtomicBoolean held = new AtomicBoolean(true);

    Holding(Handle handle, byte[] limit, long amount) {
      this.handle = handle;
      this.limit = limit;
      this.amount = amount;
    }

    void giveBack() {
      if (handle.isClosed() || !held.compareAndSet(true, false)) return;
      boolean done = false;
      try {
        long client = handle.enter();
        try {
          Native.release(client, limit, amount);
          done = true;
        } finally {
          handle.leave();
        }
      } catch (MisuseException closed) {
        done = true; // in between; that gave it back
      } finally {
        if (!done) held.set(true);
      }
    }

    @Override
    public void run() {
      try {
        giveBack();
      } catch (HoldfastException e) {
        // Nobody is there to tell. The license gives it back when it is closed.
      }
    }
  }
}
