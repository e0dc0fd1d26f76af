#include "datamaestro/thread.h"

#include <signal.h>

int dm_thread_start(pthread_t *thread, void *(*run)(void *), void *context) {
  sigset_t all;
  sigset_t before;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  int status = pthread_create(thread, NULL, run, context);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return status;
}
