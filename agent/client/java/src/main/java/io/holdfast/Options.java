package io.holdfast;

import java.time.Duration;
import java.util.Objects;

/** How to open a license. Each method makes other options and leaves these as they are. */
public final class Options {
  final String product, roots, socket;
  final int timeoutMillis; // 0: the library's
  final boolean anyway;

  /**
   * @param product the product's id, as the vendor named it
   * @param roots the text of the vendor's roots.pem: a constant or a resource of the application, never a file that the user can write
   */
  public Options(String product, String roots) {
    this(Objects.requireNonNull(product, "product"), Objects.requireNonNull(roots, "roots"), null, 0, false);
  }

  private Options(String product, String roots, String socket, int timeoutMillis, boolean anyway) {
    this.product = product;
    this.roots = roots;
    this.socket = socket;
    this.timeoutMillis = timeoutMillis;
    this.anyway = anyway;
  }

  /** The agent's socket, in place of /run/holdfast/agent.sock. */
  public Options socket(String path) {
    return new Options(product, roots, Objects.requireNonNull(path, "socket"), timeoutMillis, anyway);
  }

  /** No call takes longer: from a millisecond to a day; 2 seconds if it is not said. What uses the TPM may need some seconds. */
  public Options timeout(Duration timeout) {
    if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(Duration.ofDays(1)) > 0)
      throw new MisuseException(Code.INVALID_ARGUMENT, "argument.timeout", "a timeout of " + timeout, "say one from a millisecond to a day");
    return new Options(product, roots, socket, (int) Math.max(timeout.toMillis(), 1), anyway);
  }

  /** Open also without an agent that is believed: checks are denied, {@link Reason#AGENT_GONE}, until there is one. */
  public Options openAnyway() {
    return new Options(product, roots, socket, timeoutMillis, true);
  }
}
