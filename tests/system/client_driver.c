/* usage: client_driver PRODUCT ROOTS-FILE SOCKET [anyway | TIMEOUT] - what client_test.py has libholdfast do: one command a line on standard input, one answer a line.
 * A result is its name, then what belongs to it. */
#include <holdfast.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static holdfast_handle* handle;

static void say(int code, const char* what) {
  holdfast_error error = {.size = sizeof error};
  holdfast_last_error(&error);
  printf("%s %s\n", holdfast_result_name(code), code < 0 ? error.check : what);
}

static char* read_all(const char* path) {
  static char text[65536];
  FILE* file = fopen(path, "r");
  size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
  text[n] = 0;
  if (file) fclose(file);
  return text;
}

static void check(const char* feature) {
  holdfast_reason reason = HOLDFAST_REASON_OTHER;
  int code = holdfast_check(handle, feature, &reason);
  say(code, holdfast_reason_name(reason));
}

static void key(const char* name) {
  uint8_t octets[HOLDFAST_KEY_SIZE];
  char text[2 * HOLDFAST_KEY_SIZE + 1] = "";
  holdfast_reason reason = HOLDFAST_REASON_OTHER;
  int code = holdfast_key(handle, name, octets, &reason);
  for (int i = 0; code == HOLDFAST_OK && i < HOLDFAST_KEY_SIZE; i++) sprintf(text + 2 * i, "%02x", octets[i]);
  say(code, code == HOLDFAST_OK ? text : holdfast_reason_name(reason));
}

static void limit(const char* name) {
  char text[100];
  holdfast_limit status = {.size = sizeof status};
  int code = holdfast_limit_status(handle, name, &status, NULL);
  snprintf(text, sizeof text, "%lld %lld %lld", (long long)status.max, (long long)status.used, (long long)status.held);
  say(code, text);
}

static void status(void) {
  char text[200];
  holdfast_status status = {.size = sizeof status};
  int code = holdfast_get_status(handle, &status);
  snprintf(text, sizeof text, "%s %s %s", holdfast_state_name(status.state), holdfast_reason_name(status.reasons[0]),
           status.edition);
  say(code, text);
}

/* Why the agent was not believed when it was asked last. */
static void agent_error(void) {
  holdfast_error error = {.size = sizeof error};
  int code = holdfast_agent_error(handle, &error);
  if (code == HOLDFAST_OK) printf("%s %s\n", holdfast_result_name(error.code), error.check);
  if (code != HOLDFAST_OK) say(code, "");
}

/* Polls and drains until something has changed. */
static void await_change(void) {
  int fd = -1, changed = 0, code = holdfast_fd(handle, &fd);
  while (code == HOLDFAST_OK && !changed) {
    struct pollfd poll_for = {.fd = fd, .events = POLLIN};
    poll(&poll_for, 1, -1);
    code = holdfast_drain(handle, &changed);
  }
  say(code, "changed");
}

/* 10,000 checks between two system calls that a trace shows. */
static void hot(const char* feature) {
  int wrong = 0;
  holdfast_check(handle, feature, NULL);
  syscall(SYS_getppid);
  for (int i = 0; i < 10000; i++) wrong += holdfast_check(handle, feature, NULL) != HOLDFAST_OK;
  syscall(SYS_getppid);
  printf("ok %d\n", wrong);
}

/* A mistake of the application's: the header says that the answer is undefined, and what it is in practice. */
static void use_after_close(const char* feature) {
  holdfast_close(handle);
  check(feature);
  holdfast_close(handle);
  handle = NULL;
}

/* Ends the handle, or loses it, and makes another one. */
static void open_again(const holdfast_options* options, int close_first) {
  if (close_first) holdfast_close(handle);
  say(holdfast_open(options, &handle), "opened");
}

static void in_child(const char* feature) {
  pid_t child;
  fflush(stdout);
  child = fork();
  if (child == 0) {
    check(feature);
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, NULL, 0);
}

int main(int argc, char** argv) {
  char line[256], command[32], name[128];
  long long amount = 1;
  if (argc < 4) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  int anyway = argc > 4 && !strcmp(argv[4], "anyway");
  uint32_t timeout = argc > 4 && !anyway ? (uint32_t)atoi(argv[4]) : 60000; /* milliseconds */
  holdfast_options options = {sizeof options, argv[1], read_all(argv[2]), argv[3], timeout, anyway ? HOLDFAST_OPEN_ANYWAY : 0};
  int code = holdfast_open(&options, &handle);
  say(code, "opened");
  while (code == HOLDFAST_OK && fgets(line, sizeof line, stdin)) {
    holdfast_reason reason = HOLDFAST_REASON_OTHER;
    name[0] = 0;
    amount = 1;
    sscanf(line, "%31s %127s %lld", command, name, &amount);
    if (!strcmp(command, "check")) check(name);
    if (!strcmp(command, "key")) key(name);
    if (!strcmp(command, "limit")) limit(name);
    if (!strcmp(command, "status")) status();
    if (!strcmp(command, "agent")) agent_error();
    if (!strcmp(command, "await")) await_change();
    if (!strcmp(command, "hot")) hot(name);
    if (!strcmp(command, "fork")) in_child(name);
    if (!strcmp(command, "reopen")) open_again(&options, 1);
    if (!strcmp(command, "forget")) open_again(&options, 0);
    if (!strcmp(command, "closed")) use_after_close(name);
    if (!strcmp(command, "acquire")) code = holdfast_acquire(handle, name, amount, &reason), say(code, holdfast_reason_name(reason));
    if (!strcmp(command, "consume")) code = holdfast_consume(handle, name, amount, &reason), say(code, holdfast_reason_name(reason));
    if (!strcmp(command, "release")) code = holdfast_release(handle, name, amount), say(code, "released");
    code = HOLDFAST_OK; /* what a command came to has been said */
  }
  holdfast_close(handle);
  return 0;
}
