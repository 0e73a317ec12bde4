import io.holdfast.Code;
import io.holdfast.DeniedException;
import io.holdfast.Holdfast;
import io.holdfast.HoldfastException;
import io.holdfast.Limit;
import io.holdfast.MisuseException;
import io.holdfast.Options;
import io.holdfast.Seat;
import io.holdfast.Status;
import io.holdfast.Verdict;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;

/** usage: Driver PRODUCT ROOTS-FILE SOCKET [anyway] - what java_binding_test.py has the Java binding do; see binding_scenarios.py for the commands. */
final class Driver {
  private static final Duration LONG = Duration.ofHours(1);

  private final Options options;
  private final Holdfast license;
  private final Deque<Seat> seats = new ArrayDeque<>();

  private Driver(Options options, Holdfast license) {
    this.options = options;
    this.license = license;
  }

  /** A result's name, then what belongs to it. */
  private static String said(Callable<String> call) {
    try {
      return "ok " + call.call();
    } catch (DeniedException e) {
      return "denied " + e.verdict().reason();
    } catch (HoldfastException e) {
      return e.code() + " " + e.check();
    } catch (Exception e) {
      return "unexpected " + e;
    }
  }

  private static String said(Verdict verdict) {
    return (verdict.allowed() ? "ok " : "denied ") + verdict.reason();
  }

  private String perform(String command, String name, long amount) {
    switch (command) {
      case "check":
        return said(license.check(name));
      case "integer":
        return said(() -> "" + license.integer(name, amount));
      case "text":
        return said(() -> license.text(name, "otherwise"));
      case "acquire":
        return said(
            () -> {
              seats.push(license.acquire(name, amount));
              return "held";
            });
      case "give":
        return said(
            () -> {
              seats.pop().close();
              return "given";
            });
      case "forget":
        return said(() -> forget(name));
      case "set":
        return said(() -> license.set(name, amount).reason().toString());
      case "consume":
        return said(() -> license.consume(name, amount).reason().toString());
      case "limit":
        return said(
            () -> {
              Limit limit = license.limit(name).get();
              return limit.max() + " " + limit.used().orElse(-1) + " " + limit.held();
            });
      case "key":
        return said(() -> hex(license.key(name)));
      case "status":
        return said(
            () -> {
              Status status = license.status();
              return status.state() + " " + status.reasons().get(0) + " " + status.edition();
            });
      case "json":
        return said(license::statusJson);
      case "trouble":
        return license.agentTrouble().map(e -> e.code() + " " + e.check()).orElse("ok none");
      case "await":
        return said(this::await);
      case "close-beside-calls":
        return said(this::closeBesideCalls);
      case "hostile":
        return said(this::hostile);
      default:
        return "unexpected command " + command;
    }
  }

  private static String hex(byte[] octets) {
    StringBuilder text = new StringBuilder();
    for (byte octet : octets) text.append(String.format("%02x", octet));
    return text.toString();
  }

  private String await() throws InterruptedException {
    license.awaitChange(Duration.ZERO); // from here on it is told
    System.out.println("ok waiting");
    while (!license.awaitChange(LONG)) {}
    return "changed";
  }

  /** Takes a seat and leaves it to the garbage collector. */
  private String forget(String limit) {
    long before = license.limit(limit).get().held();
    license.acquire(limit);
    while (license.limit(limit).get().held() != before) System.gc();
    return "given";
  }

  /** Eight threads are in the midst of all kinds of calls, and one waits, when the license is closed; each must end by Code.CLOSED. */
  private String closeBesideCalls() throws Exception {
    Holdfast shared = Holdfast.open(options);
    List<Runnable> calls =
        List.of(() -> shared.check("export"), () -> shared.limit("users"), () -> shared.set("open-projects", 1), () -> shared.status());
    CountDownLatch called = new CountDownLatch(2 * calls.size());
    List<FutureTask<Code>> threads = new ArrayList<>();
    for (int i = 0; i < 2 * calls.size(); i++) {
      Runnable call = calls.get(i % calls.size());
      threads.add(
          untilItThrows(
              () -> {
                call.run();
                called.countDown();
              }));
    }
    threads.add(untilItThrows(() -> shared.awaitChange(LONG)));
    called.await();
    shared.close();
    for (FutureTask<Code> thread : threads) if (thread.get() != Code.CLOSED) return "ended by " + thread.get();
    return "closed";
  }

  private interface Call {
    void run() throws Exception;
  }

  private static FutureTask<Code> untilItThrows(Call call) {
    FutureTask<Code> thread =
        new FutureTask<>(
            () -> {
              try {
                for (; ; ) call.run();
              } catch (HoldfastException e) {
                return e.code();
              }
            });
    new Thread(thread).start();
    return thread;
  }

  /** Names that no license has, and that C could not tell from others. */
  private String hostile() {
    for (String name : List.of("export\0", "\ud800export", "export".repeat(2_000_000)))
      for (Call call : List.<Call>of(() -> license.check(name), () -> license.limit(name), () -> license.key(name), () -> Holdfast.open(options.socket(name))))
        try {
          call.run();
          return "taken";
        } catch (MisuseException e) {
          if (e.code() != Code.INVALID_ARGUMENT) return e.toString();
        } catch (Exception e) {
          return e.toString();
        }
    return "refused";
  }

  public static void main(String[] arguments) throws Exception {
    Options plain = new Options(arguments[0], Files.readString(Path.of(arguments[1]))).socket(arguments[2]).timeout(Duration.ofMinutes(1));
    Options options = arguments.length > 3 ? plain.openAnyway() : plain;
    Holdfast[] opened = new Holdfast[1];
    System.out.println(
        said(
            () -> {
              opened[0] = Holdfast.open(options);
              return "opened";
            }));
    if (opened[0] == null) return;
    try (Holdfast license = opened[0]) {
      Driver driver = new Driver(options, license);
      BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] words = (line + "  ").split(" ", -1);
        System.out.println(driver.perform(words[0], words[1], words[2].isEmpty() ? 1 : Long.parseLong(words[2])));
      }
    }
  }
}
