/* Threads that work for the calling one. */
#ifndef DATAMAESTRO_THREAD_H
#define DATAMAESTRO_THREAD_H

#include <pthread.h>

/* pthread_create with all signals left to the calling thread, which knows what to do with them. Returns
 * an error number, 0 when it runs. */
int dm_thread_start(pthread_t *thread, void *(*run)(void *), void *context);

#endif
