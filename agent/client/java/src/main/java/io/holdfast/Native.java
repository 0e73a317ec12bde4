package io.holdfast;

/**
 * The functions of holdfast_jni.c. Texts cross as octets of UTF-8, because the strings of JNI are in an encoding of their own. `client` comes
 * from {@link #open} and is looked at by nobody: only {@link Handle} knows whether it may still be used.
 *
 * <p>What C calls an error is thrown as {@link HoldfastException}. A verdict is an int: the reason's number when it is allowed, its
 * complement when it is denied.
 */
final class Native {
  static final int TIMED_OUT = 0, CHANGED = 1, WOKEN = 2; // of await

  static {
    System.loadLibrary("holdfast_jni");
  }

  private Native() {}

  static native long open(byte[] product, byte[] roots, byte[] socket, int timeoutMillis, boolean anyway);

  static native void close(long client);

  static native int check(long client, byte[] feature);

  /** {@code otherwise} when it is denied. */
  static native long integer(long client, byte[] feature, long otherwise);

  /** Null when it is denied. */
  static native byte[] text(long client, byte[] feature);

  static native int acquire(long client, byte[] limit, long amount);

  static native void release(long client, byte[] limit, long amount);

  static native int set(long client, byte[] limit, long amount);

  static native int consume(long client, byte[] meter, long amount);

  /** {@code figures}: max, used (-1: not known), held. */
  static native int limit(long client, byte[] limit, long[] figures);

  static native int key(long client, byte[] name, byte[] key);

  /** The state, 1 when it expires, when, the days left, then the reasons. {@code edition} is filled as far as it goes. */
  static native long[] status(long client, byte[] edition);

  static native byte[] statusJson(long client);

  /** Until something has changed, {@link #wake}, or the time is over. */
  static native int await(long client, long millis);

  static native void wake(long client);

  /** Null: there is no trouble. */
  static native HoldfastException agentError(long client);

  static native byte[] resultName(int code);

  static native byte[] reasonName(int reason);

  static native byte[] reasonAdvice(int reason);

  static native byte[] stateName(int state);

  static native byte[] version();
}
