package io.holdfast;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** Waiting for a change: one thread at a time, woken by a close and by Thread.interrupt. */
final class Changes {
  private final ReentrantLock waiting = new ReentrantLock();
  private boolean untold; // under the lock: a change came together with an interrupt

  boolean await(Handle handle, Duration timeout) throws InterruptedException {
    long nanos = nanos(timeout), begin = System.nanoTime();
    if (!waiting.tryLock(nanos, TimeUnit.NANOSECONDS)) return false;
    try {
      if (untold) {
        untold = false;
        return true;
      }
      for (; ; ) {
        // A use for each round: a close in between is found by enter.
        long left = Math.max(nanos - (System.nanoTime() - begin), 0);
        int came = awaitOnce(handle, TimeUnit.NANOSECONDS.toMillis(left + 999_999));
        if (came != Native.WOKEN) return came == Native.CHANGED;
      }
    } finally {
      waiting.unlock();
    }
  }

  private int awaitOnce(Handle handle, long millis) throws InterruptedException {
    long client = handle.enter();
    try {
      Interruption interruption = new Interruption(client);
      int came = Native.WOKEN;
      interruption.expect();
      try {
        came = Native.await(client, millis);
      } finally {
        interruption.expectNoMore();
      }
      if (interruption.came) {
        untold = came == Native.CHANGED;
        Thread.interrupted(); // what is thrown says it
        throw new InterruptedException();
      }
      return came;
    } finally {
      handle.leave();
    }
  }

  /** About 146 years at most, so that it can be added to. */
  private static long nanos(Duration timeout) {
    if (timeout.isNegative()) return 0;
    return timeout.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) < 0 ? timeout.toNanos() : Long.MAX_VALUE / 2;
  }

  /** What a thread that waits in native code has of Thread.interrupt: channels are the part of the JDK that is told of it. */
  private static final class Interruption extends AbstractInterruptibleChannel {
    private final long client;
    boolean came;

    Interruption(long client) {
      this.client = client;
    }

    void expect() {
      begin();
    }

    void expectNoMore() {
      try {
        end(true);
      } catch (AsynchronousCloseException e) {
        came = true;
      }
    }

    @Override
    protected void implCloseChannel() {
      Native.wake(client);
    }
  }
}
