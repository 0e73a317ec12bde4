package io.holdfast;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertSame;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;

/** The binding upon libholdfast-fake, which reads its decisions from the file HOLDFAST_FAKE anew at each call. */
public class HoldfastTest {
  private static final Path DECISIONS = Path.of(System.getenv("HOLDFAST_FAKE"));
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final String NUL = "exp\0ort", HALF = "exp\ud800ort", HUGE = "x".repeat(10_000_000);

  private Holdfast license;

  @Before
  public void open() throws IOException {
    decide(
        "{'features': {'export': true, 'max-resolution': 1280, 'watermark': 'Größe', 'empty': ''}, 'denied': {'render': 'expired'},"
            + " 'limits': {'users': 2, 'pages': 100}, 'keys': {'content': '"
            + "0f".repeat(32)
            + "'}, 'state': 'grace', 'edition': 'lite', 'expires': '2027-11-22T06:00:00Z', 'days_left': 12}");
    license = Holdfast.open(new Options("acme-cad", "roots"));
  }

  @After
  public void close() {
    license.close();
  }

  private static void decide(String json) throws IOException {
    Path next = DECISIONS.resolveSibling("next.json");
    Files.writeString(next, json.replace('\'', '"'));
    Files.move(next, DECISIONS, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  // ---- answers ----

  @Test
  public void aCheckSaysWhetherAndWhy() {
    Verdict allowed = license.check("export"), denied = license.check("render");
    assertTrue(allowed.allowed());
    assertSame(Reason.GRACE, allowed.reason());
    assertFalse(denied.allowed());
    assertSame(Reason.EXPIRED, denied.reason());
    assertFalse(denied.advice().isEmpty());
    assertSame(Reason.UNKNOWN_FEATURE, license.check("größe").reason());
  }

  @Test
  public void requireThrowsTheVerdict() {
    assertTrue(license.require("export").allowed());
    DeniedException denied = assertThrows(DeniedException.class, () -> license.require("render"));
    assertSame(Reason.EXPIRED, denied.verdict().reason());
    assertTrue(denied.getMessage(), denied.getMessage().contains("'render' (expired)"));
  }

  @Test
  public void aGuardDoesTheWorkWhereItIsGranted() throws Exception {
    List<String> done = new ArrayList<>();
    license.guard("export", () -> done.add("export"));
    assertEquals("made", license.guard("export", () -> "made"));
    assertThrows(DeniedException.class, () -> license.guard("render", () -> done.add("render")));
    assertThrows(IOException.class, () -> license.guard("export", () -> { throw new IOException("the work's own"); }));
    assertEquals(List.of("export"), done);
  }

  @Test
  public void valuesHaveDefaultsForWhatIsDenied() {
    assertEquals(1280, license.integer("max-resolution", 640));
    assertEquals(640, license.integer("render", 640));
    assertEquals("Größe", license.text("watermark", "demo"));
    assertEquals("", license.text("empty", "demo"));
    assertEquals("demo", license.text("render", "demo"));
  }

  @Test
  public void aValueOfAnotherTypeIsAMistake() {
    assertSame(Code.WRONG_TYPE, assertThrows(MisuseException.class, () -> license.integer("watermark", 0)).code());
    assertSame(Code.WRONG_TYPE, assertThrows(MisuseException.class, () -> license.text("max-resolution", "")).code());
  }

  @Test
  public void aSeatIsHeldUntilItIsClosed() {
    Seat seat = license.acquire("users", 2);
    assertEquals(2, license.limit("users").get().held());
    assertSame(Reason.LIMIT_REACHED, assertThrows(DeniedException.class, () -> license.acquire("users")).verdict().reason());
    seat.close();
    seat.close();
    assertEquals(0, license.limit("users").get().held());
  }

  @Test
  public void aSeatOfAClosedLicenseClosesQuietly() {
    Seat seat = license.acquire("users");
    license.close();
    seat.close();
  }

  @Test
  public void aForgottenSeatIsGivenBack() throws Exception {
    license.acquire("users", 2);
    while (license.limit("users").get().held() != 0) System.gc(); // the runner's time limit ends what never comes
  }

  @Test
  public void unitsAndGauges() {
    license.consume("pages", 99);
    assertSame(Reason.LIMIT_REACHED, assertThrows(DeniedException.class, () -> license.consume("pages", 2)).verdict().reason());
    license.set("users", 2);
    Limit users = license.limit("users").get();
    assertEquals(2, users.max());
    assertEquals(OptionalLong.of(2), users.used());
    license.set("users", 0);
    assertEquals(0, license.limit("users").get().held());
    assertFalse(license.limit("no-such").isPresent());
    for (long amount : new long[] {0, -1, Long.MIN_VALUE})
      assertEquals("argument.amount", assertThrows(MisuseException.class, () -> license.consume("pages", amount)).check());
  }

  @Test
  public void aKeyIsOctetsOfTheCallersOwn() {
    byte[] key = license.key("content");
    assertEquals(32, key.length);
    assertEquals(15, key[31]);
    java.util.Arrays.fill(key, (byte) 0);
    assertEquals(15, license.key("content")[31]);
    assertSame(Reason.UNKNOWN_KEY, assertThrows(DeniedException.class, () -> license.key("other")).verdict().reason());
  }

  @Test
  public void theStatusIsForPeople() throws IOException {
    Status status = license.status();
    assertSame(State.GRACE, status.state());
    assertEquals(List.of(Reason.GRACE), status.reasons());
    assertEquals("lite", status.edition());
    assertEquals(Instant.parse("2027-11-22T06:00:00Z"), status.expires().get());
    assertEquals(OptionalLong.of(12), status.daysLeft());
    decide("{}");
    assertFalse(license.status().expires().isPresent());
    assertFalse(license.status().daysLeft().isPresent());
    assertFalse(license.agentTrouble().isPresent());
  }

  @Test
  public void aLicenseIsRequiredBeItTheFallbackEdition() throws IOException {
    decide("{'state': 'fallback', 'reasons': ['fallback_edition'], 'edition': 'lite'}");
    assertSame(State.FALLBACK, license.requireLicense().state());
    decide("{'state': 'expired'}");
    assertSame(Reason.EXPIRED, assertThrows(DeniedException.class, () -> license.requireLicense()).verdict().reason());
  }

  @Test
  public void aLongStatusIsWhole() throws IOException {
    String edition = "{'edition': 'lite', 'features': {'note': '" + "ö".repeat(120) + "'}" + " ".repeat(20_000) + "}";
    decide(edition);
    assertEquals(edition.replace('\'', '"'), license.statusJson());
  }

  // ---- changes ----

  @Test
  public void aChangeIsAwaited() throws Exception {
    assertFalse(license.awaitChange(Duration.ZERO)); // from here on it is told
    decide("{'denied': {'export': 'revoked'}}");
    assertTrue(license.awaitChange(LONG));
    assertSame(Reason.REVOKED, license.check("export").reason());
    assertFalse(license.awaitChange(Duration.ofMillis(1)));
    assertFalse(license.awaitChange(Duration.ofSeconds(Long.MIN_VALUE)));
  }

  private FutureTask<Object> awaiting(Thread[] thread) throws InterruptedException {
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<Object> waiter =
        new FutureTask<>(
            () -> {
              begun.countDown();
              try {
                return license.awaitChange(Duration.ofSeconds(Long.MAX_VALUE));
              } catch (HoldfastException | InterruptedException e) {
                return e;
              }
            });
    thread[0] = new Thread(waiter);
    thread[0].start();
    begun.await();
    return waiter;
  }

  @Test
  public void aCloseEndsTheWaiting() throws Exception {
    FutureTask<Object> first = awaiting(new Thread[1]), second = awaiting(new Thread[1]);
    license.close();
    assertSame(Code.CLOSED, ((HoldfastException) first.get()).code());
    assertSame(Code.CLOSED, ((HoldfastException) second.get()).code());
  }

  @Test
  public void anInterruptEndsTheWaitingOfItsThreadAlone() throws Exception {
    Thread[] one = new Thread[1], other = new Thread[1];
    FutureTask<Object> first = awaiting(one), second = awaiting(other);
    one[0].interrupt();
    assertSame(InterruptedException.class, first.get().getClass());
    other[0].interrupt();
    assertSame(InterruptedException.class, second.get().getClass());
    assertTrue(license.check("export").allowed());
  }

  // ---- close ----

  @Test
  public void aClosedLicenseSaysSo() {
    license.close();
    license.close();
    assertSame(Code.CLOSED, assertThrows(MisuseException.class, () -> license.check("export")).code());
    assertThrows(MisuseException.class, () -> license.key("content"));
    assertThrows(MisuseException.class, () -> license.awaitChange(LONG));
  }

  @Test
  public void aCloseBesideCallsOfOtherThreadsIsSafe() throws Exception {
    for (int round = 0; round < 20; round++) {
      Holdfast shared = Holdfast.open(new Options("acme-cad", "roots"));
      CountDownLatch called = new CountDownLatch(4);
      List<FutureTask<Code>> callers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        FutureTask<Code> caller =
            new FutureTask<>(
                () -> {
                  try {
                    for (; ; called.countDown()) {
                      shared.check("export");
                      shared.acquire("pages").close();
                    }
                  } catch (MisuseException e) {
                    return e.code();
                  }
                });
        callers.add(caller);
        new Thread(caller).start();
      }
      called.await();
      shared.close();
      for (FutureTask<Code> caller : callers) assertSame(Code.CLOSED, caller.get());
    }
  }

  @Test
  public void aForgottenLicenseIsClosed() throws Exception {
    int before = descriptors();
    for (int i = 0; i < 10; i++) Holdfast.open(new Options("acme-cad", "roots"));
    while (descriptors() > before) System.gc(); // the runner's time limit ends what never comes
  }

  private static int descriptors() throws IOException {
    int count = 0;
    for (Path descriptor : Files.newDirectoryStream(Path.of("/proc/self/fd")))
      try {
        if (Files.readSymbolicLink(descriptor).toString().contains("eventfd")) count++;
      } catch (java.nio.file.NoSuchFileException e) {
        // the one that reads the directory, or closed meanwhile
      }
    return count;
  }

  // ---- hostile and mistaken arguments ----

  @Test
  public void namesThatCCouldNotTellApartAreRefused() {
    for (String name : new String[] {NUL, HALF, HUGE, "\udc00", "\0", "ö".repeat(33)}) {
      for (org.junit.function.ThrowingRunnable call :
          new org.junit.function.ThrowingRunnable[] {
            () -> license.check(name),
            () -> license.require(name),
            () -> license.integer(name, 1),
            () -> license.text(name, ""),
            () -> license.acquire(name),
            () -> license.set(name, 1),
            () -> license.consume(name, 1),
            () -> license.limit(name),
            () -> license.key(name)
          }) {
        assertEquals("argument.name", assertThrows(MisuseException.class, call).check());
      }
    }
  }

  @Test
  public void optionsThatCCouldNotTellApartAreRefused() {
    for (String text : new String[] {NUL, HALF}) {
      assertEquals("argument.product", opening(new Options(text, "roots")).check());
      assertEquals("argument.roots", opening(new Options("acme-cad", text)).check());
      assertEquals("argument.socket", opening(new Options("acme-cad", "roots").socket(text)).check());
    }
    Options options = new Options("acme-cad", "roots");
    for (Duration timeout : List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofSeconds(Long.MAX_VALUE)))
      assertEquals("argument.timeout", assertThrows(MisuseException.class, () -> options.timeout(timeout)).check());
  }

  private static MisuseException opening(Options options) {
    return assertThrows(MisuseException.class, () -> Holdfast.open(options));
  }

  @Test
  public void nullIsNoName() {
    assertThrows(NullPointerException.class, () -> license.check(null));
    assertThrows(NullPointerException.class, () -> license.acquire(null));
    assertThrows(NullPointerException.class, () -> Holdfast.open(null));
    assertThrows(NullPointerException.class, () -> new Options(null, "roots"));
  }

  @Test
  public void errorsOfTheLibraryHaveCodeCheckMessageAndAdvice() throws IOException {
    Files.writeString(DECISIONS, "{\"feature\": {}}");
    MisuseException e = assertThrows(MisuseException.class, () -> license.check("export"));
    assertSame(Code.INVALID_ARGUMENT, e.code());
    assertEquals("fake.unknown", e.check());
    assertFalse(e.getMessage().isEmpty());
    assertTrue(e.toString(), e.toString().contains("(invalid_argument, fake.unknown)"));
  }

  @Test
  public void eachErrorIsOfItsClass() {
    byte[] text = "x".getBytes(StandardCharsets.UTF_8);
    for (Code code : Code.values()) {
      Class<?> expected =
          code.number() > -10
              ? MisuseException.class
              : code.number() > -20
                  ? UnavailableException.class
                  : code == Code.INTERNAL ? HoldfastException.class : UntrustedAgentException.class;
      assertSame(code.name(), expected, HoldfastException.of(code.number(), text, text, text).getClass());
    }
    assertSame(Code.INTERNAL, HoldfastException.of(-1000, text, text, text).code());
  }

  // ---- names ----

  @Test
  public void numbersAndNamesAreThoseOfTheLibrary() {
    for (Code code : Code.values()) assertEquals(code.name().toLowerCase(Locale.ROOT), code.toString());
    for (Reason reason : Reason.values()) assertEquals(reason.name().toLowerCase(Locale.ROOT), reason.toString());
    for (State state : State.values()) assertEquals(state.name().toLowerCase(Locale.ROOT), state.toString());
    for (int number = 1; number < 200; number++) {
      boolean known = !Utf8.text(Native.reasonName(number)).equals("other");
      assertEquals("reason " + number, known, Reason.of(number) != Reason.OTHER);
      known = !Utf8.text(Native.stateName(number)).equals("other");
      assertEquals("state " + number, known, State.of(number) != State.OTHER);
    }
    assertSame(Reason.OTHER, Reason.of(Integer.MAX_VALUE));
    assertTrue(Holdfast.version(), Holdfast.version().endsWith("-fake"));
  }
}
