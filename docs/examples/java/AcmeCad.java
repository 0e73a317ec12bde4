import io.holdfast.DeniedException;
import io.holdfast.Holdfast;
import io.holdfast.HoldfastException;
import io.holdfast.Options;
import io.holdfast.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * usage: AcmeCad [--socket SOCKET] save FILE | show FILE | render FILE | export FILE TO | status - a licensed command-line tool. The vendor's roots.pem is a
 * resource beside the class. Exit code 0, 1 for an error, 3 where the license says no.
 *
 * <p>What makes something new asks the license. What users have made is theirs: save and show ask nobody.
 */
public final class AcmeCad {
  private static final long EVERYBODYS_PIXELS = 640; // what is there without any license

  private final Holdfast license;

  private AcmeCad(Holdfast license) {
    this.license = license;
  }

  private static String roots() throws IOException {
    try (InputStream roots = AcmeCad.class.getResourceAsStream("roots.pem")) {
      if (roots == null) throw new IOException("this program was built without the vendor's roots.pem");
      return new String(roots.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** From standard input. The old drawing stays where the new one cannot be written. */
  private static void save(Path file) throws IOException {
    Path next = Files.createTempFile(file.toAbsolutePath().getParent(), "next", null);
    try {
      Files.write(next, System.in.readAllBytes());
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(next);
    }
  }

  /** Announced expiry, grace and the fallback edition are told before anything stops. */
  private void warn() {
    for (Reason reason : license.status().reasons())
      if (reason != Reason.ACTIVE) System.err.println("license: " + reason + "; " + reason.advice());
  }

  /** As the edition that applies now, by its values: the fallback edition is smaller and says whose it is. */
  private void render(Path file) throws IOException {
    license.requireLicense();
    long size = Files.size(file);
    long pixels = license.integer("max-resolution", EVERYBODYS_PIXELS);
    System.out.println(size + " octets in " + pixels + " pixels, watermark: " + license.text("watermark", "Acme CAD"));
  }

  private void export(Path file, Path to) throws IOException {
    license.guard("export", () -> Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING));
    System.out.println("exported to " + to);
  }

  private void run(String command, String[] arguments, int at) throws IOException {
    warn();
    if (command.equals("status")) {
      System.out.println(license.status());
    } else if (command.equals("render")) {
      render(Path.of(arguments[at]));
    } else {
      export(Path.of(arguments[at]), Path.of(arguments[at + 1]));
    }
  }

  public static void main(String[] arguments) {
    int at = 0;
    try {
      Options options = new Options("acme-cad", roots()).openAnyway();
      if (arguments[at].equals("--socket")) {
        options = options.socket(arguments[at + 1]);
        at += 2;
      }
      String command = arguments[at++];
      if (command.equals("save")) {
        save(Path.of(arguments[at]));
      } else if (command.equals("show")) {
        System.out.write(Files.readAllBytes(Path.of(arguments[at])));
        System.out.flush();
      } else {
        try (Holdfast license = Holdfast.open(options)) {
          new AcmeCad(license).run(command, arguments, at);
        }
      }
    } catch (DeniedException e) {
      System.err.println("acme-cad: " + e.getMessage());
      System.exit(3);
    } catch (HoldfastException | IOException e) {
      System.err.println("acme-cad: " + e);
      System.exit(1);
    }
  }
}
