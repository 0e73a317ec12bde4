/* usage: hello [SOCKET] - a licensed application. ROOTS is the text of the vendor's roots.pem, compiled in:
 *   cc -DROOTS="\"$(sed 's/$/\\n/' roots.pem | tr -d '\n')\"" hello.c -o hello -lholdfast          docs/application.md explains it.
 * SOCKET is the agent's, where it is not /run/holdfast/agent.sock. */
#include <holdfast.h>
#include <stdio.h>

int main(int argc, char** argv) {
  holdfast_options options = {sizeof options, "acme-cad", ROOTS, argc > 1 ? argv[1] : NULL, 0, HOLDFAST_OPEN_ANYWAY};
  holdfast_error error = {.size = sizeof error};
  holdfast_handle* license = NULL;
  holdfast_reason reason;
  int64_t pixels = 640; /* what everybody has */

  if (holdfast_open(&options, &license) != HOLDFAST_OK) {
    holdfast_last_error(&error);
    fprintf(stderr, "hello: %s (%s). %s\n", error.message, error.check, error.advice);
    return 1;
  }
  if (holdfast_agent_error(license, &error) == HOLDFAST_OK && error.code != HOLDFAST_OK) /* for the log: why the agent is not believed */
    fprintf(stderr, "hello: %s (%s). %s\n", error.message, error.check, error.advice);
  holdfast_integer(license, "max-resolution", &pixels, NULL); /* denied: it stays as it is */
  printf("up to %lld pixels\n", (long long)pixels);

  if (holdfast_check(license, "export", &reason) == HOLDFAST_OK) {
    printf("exporting\n");
    if (reason != HOLDFAST_REASON_ACTIVE) /* grace, expiring: say it, and go on */
      printf("note: %s\n", holdfast_reason_advice(reason));
  } else {
    printf("no export (%s): %s\n", holdfast_reason_name(reason), holdfast_reason_advice(reason));
  }
  holdfast_close(license);
  return 0;
}
