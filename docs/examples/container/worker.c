/* usage: worker [SOCKET] - a licensed service in a container. A job is a line on standard input, its name, as a consumer of a queue would get it. README.md is
 * about the container; what the program shows is how to stay useful when the license is not as it should be:
 *
 *   no agent yet, or an agent that restarts     it starts, runs and waits all the same
 *   grace, expiring                             it works, and says once what an administrator should do
 *   a fallback edition                          it does what that edition gives: previews in place of exports
 *   denied, no seat                             the job waits, and nothing further is taken from the queue until it is done
 *   SIGTERM                                     it ends after the job in hand; the seat is free, as it is when the container is killed
 *
 * ROOTS is the text of the vendor's roots.pem, compiled in (Containerfile). */
#include <holdfast.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { kJobSize = 256 };

static holdfast_handle* license;
static volatile sig_atomic_t stopping;

static void stop(int number) { /* no function of the library's may be called in here */
  (void)number;
  stopping = 1;
}

/* What an administrator should know, once for each change. */
static void tell_status(void) {
  static holdfast_state told = HOLDFAST_STATE_LAST_;
  static holdfast_reason why = HOLDFAST_REASON_LAST_;
  holdfast_status status = {.size = sizeof status};
  holdfast_error trouble = {.size = sizeof trouble};
  if (holdfast_get_status(license, &status) != HOLDFAST_OK || status.reason_count == 0) return;
  if (status.state == told && status.reasons[0] == why) return;
  told = status.state;
  why = status.reasons[0];
  printf("license: %s (%s) %s\n", holdfast_state_name(told), holdfast_reason_name(why),
         holdfast_reason_advice(why));
  if (told == HOLDFAST_STATE_AGENT_GONE && holdfast_agent_error(license, &trouble) == HOLDFAST_OK)
    printf("license: %s (%s) %s\n", trouble.message, trouble.check, trouble.advice);
}

/* One seat from the first job to the end. After a restart of the agent the question for the figures takes it again. */
static int has_seat(holdfast_reason* reason) {
  static int seated = 0;
  holdfast_limit users = {.size = sizeof users};
  int code = holdfast_limit_status(license, "users", &users, NULL);
  if (code < 0 && seated) return 1; /* the agent is away for the moment: what runs goes on */
  seated = code == HOLDFAST_OK && users.held > 0;
  if (seated) return 1;
  code = holdfast_acquire(license, "users", 1, reason);
  if (code < 0) *reason = HOLDFAST_REASON_AGENT_GONE; /* an error is no answer */
  seated = code == HOLDFAST_OK;
  return seated;
}

/* 0: it cannot be done now. */
static int work(const char* job, holdfast_reason* reason) {
  holdfast_status status = {.size = sizeof status};
  int64_t pixels = 640;                   /* what everybody has */
  char watermark[257] = "for evaluation"; /* texts have at most 256 octets */
  int full = holdfast_check(license, "export", reason) == HOLDFAST_OK;
  holdfast_get_status(license, &status);
  if (!full && status.edition[0] == '\0') return 0; /* no edition applies, not even a smaller one */
  if (!has_seat(reason)) return 0;
  holdfast_integer(license, "max-resolution", &pixels, NULL);
  holdfast_text(license, "watermark", watermark, sizeof watermark, NULL, NULL);
  printf("%s: %s, %lld pixels, watermark %s\n", job, full ? "exported" : "preview", (long long)pixels,
         watermark);
  return 1;
}

/* The queue's lines, as far as they were read. */
static struct {
  char text[4096];
  size_t size;
  int ended;
} queue;

/* Once there is something to read: the signals wait meanwhile. */
static void read_queue(void) {
  ssize_t n = read(STDIN_FILENO, queue.text + queue.size, sizeof queue.text - queue.size);
  if (n > 0)
    queue.size += (size_t)n;
  else
    queue.ended = 1;
}

/* The next name of those that were read; 0: there is none. */
static int next_job(char job[kJobSize]) {
  while (queue.size > 0) {
    char* end = memchr(queue.text, '\n', queue.size);
    size_t length = end == NULL ? queue.size : (size_t)(end - queue.text),
           taken = end == NULL ? length : length + 1;
    if (end == NULL && queue.size < sizeof queue.text) return 0; /* the rest of the line is still to come */
    snprintf(job, kJobSize, "%.*s", (int)length, queue.text);
    memmove(queue.text, queue.text + taken, queue.size - taken);
    queue.size -= taken;
    /* What others write goes into no log as it is. */
    if (length > 0 && strspn(job, "abcdefghijklmnopqrstuvwxyz0123456789-") == length) return 1;
    printf("a line is left out: a job's name is [a-z0-9-], of at most %d octets\n", kJobSize - 1);
  }
  return 0;
}

static void serve(int changes) {
  char job[kJobSize];
  int in_hand = 0;
  holdfast_reason waits_for = HOLDFAST_REASON_LAST_, reason = HOLDFAST_REASON_OTHER;
  sigset_t none;
  sigemptyset(&none);
  while (!stopping) {
    tell_status();
    if (!in_hand) in_hand = next_job(job);
    if (!in_hand && queue.ended) return;
    if (in_hand && work(job, &reason)) {
      in_hand = 0;
      waits_for = HOLDFAST_REASON_LAST_;
      continue;
    }
    if (in_hand && reason != waits_for)
      printf("%s: waits (%s) %s\n", job, holdfast_reason_name(reason), holdfast_reason_advice(reason));
    if (in_hand) waits_for = reason;
    /* A change of the license is seen at once. That somebody gives a seat back is none: look again after a second. */
    struct pollfd readable[] = {{changes, POLLIN, 0}, {in_hand ? -1 : STDIN_FILENO, POLLIN, 0}};
    struct timespec second = {1, 0};
    if (ppoll(readable, 2, in_hand ? &second : NULL, &none) <= 0) continue;
    if (readable[0].revents != 0) holdfast_drain(license, NULL);
    if (readable[1].revents != 0) read_queue();
  }
  if (in_hand) printf("%s: not done\n", job);
}

int main(int argc, char** argv) {
  holdfast_options options = {sizeof options,      "acme-cad", ROOTS, argc > 1 ? argv[1] : NULL, 0,
                              HOLDFAST_OPEN_ANYWAY};
  holdfast_error error = {.size = sizeof error};
  struct sigaction on_stop = {.sa_handler = stop};
  sigset_t blocked; /* but while it waits */
  int changes = -1;

  setvbuf(stdout, NULL, _IOLBF, 0);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  sigaction(SIGTERM, &on_stop, NULL); /* the first process of a container is not ended by it otherwise */
  sigaction(SIGINT, &on_stop, NULL);

  if (holdfast_open(&options, &license) != HOLDFAST_OK || holdfast_fd(license, &changes) != HOLDFAST_OK) {
    holdfast_last_error(&error);
    fprintf(stderr, "worker: %s (%s) %s\n", error.message, error.check, error.advice);
    return 1;
  }
  serve(changes);
  holdfast_close(license);
  return 0;
}
