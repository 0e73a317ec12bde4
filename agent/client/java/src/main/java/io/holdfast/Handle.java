package io.holdfast;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Who may still use the native client. Each call is a user from {@link #enter} to {@link #leave}; closing lets nobody else in, wakes who waits, and the last
 * one out frees it. So a close beside calls of other threads, or of the garbage collector, takes nothing from under them.
 */
final class Handle implements Runnable {
  private static final long CLOSED = Long.MIN_VALUE; // added to the number of users

  private final AtomicLong users = new AtomicLong();
  private final long client;

  Handle(long client) {
    this.client = client;
  }

  long enter() {
    long now;
    do {
      now = users.get();
      if (now < 0) throw new MisuseException(Code.CLOSED, "argument.closed", "the license was closed", "open another one");
    } while (!users.compareAndSet(now, now + 1));
    return client;
  }

  void leave() {
    if (users.decrementAndGet() == CLOSED) Native.close(client);
  }

  boolean isClosed() {
    return users.get() < 0;
  }

  /** Closes; again is nothing. */
  @Override
  public void run() {
    long now;
    do {
      now = users.get();
      if (now < 0) return;
    } while (!users.compareAndSet(now, now + 1 + CLOSED)); // as a user, so that it is there to be woken
    Native.wake(client);
    leave();
  }
}
