package io.holdfast;

/** What listens on the socket is not the agent of this host with a license of this vendor. */
public final class UntrustedAgentException extends HoldfastException {
  private static final long serialVersionUID = 1;

  UntrustedAgentException(Code code, String check, String message, String advice) {
    super(code, check, message, advice);
  }
}
