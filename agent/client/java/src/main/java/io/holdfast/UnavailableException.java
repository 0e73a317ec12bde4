package io.holdfast;

/** The host's trouble, or the agent's: trying again later may help. */
public final class UnavailableException extends HoldfastException {
  private static final long serialVersionUID = 1;

  UnavailableException(Code code, String check, String message, String advice) {
    super(code, check, message, advice);
  }
}
