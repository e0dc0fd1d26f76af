/* One piece of work on a thread of its own, which can be watched, stopped and waited for. */
#ifndef DATAMAESTRO_ERRAND_H
#define DATAMAESTRO_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

#include "datamaestro/error.h"

struct dm_errand; /* owns its thread; freed by dm_errand_close */

/* The work: 0, or -1 with `err` filled. It asks dm_errand_stopped now and then. */
typedef int dm_errand_work(struct dm_errand *errand, void *context, struct dm_error *err);

/* Begins. `context` stays the caller's, and must live until dm_errand_close. */
int dm_errand_start(struct dm_errand **errand, dm_errand_work *work, void *context, struct dm_error *err);

/* For the work: whether it is to end (with DM_ERROR_INTERRUPTED). `errand` is a struct dm_errand. */
bool dm_errand_stopped(void *errand);

/* For the work: how many bytes are done. */
void dm_errand_note(struct dm_errand *errand, uint64_t bytes);

/* How many bytes are done. */
uint64_t dm_errand_bytes(const struct dm_errand *errand);

/* Whether it has ended. */
bool dm_errand_done(const struct dm_errand *errand);

/* What the work returned; it has ended. */
int dm_errand_result(const struct dm_errand *errand, struct dm_error *err);

/* Stops it, waits for its end, frees; NULL is fine. */
void dm_errand_close(struct dm_errand *errand);

/* Copies a plain file that is open to another one, in pieces between which it can be stopped; `subject` names
 * it in errors. Returns 0 or -1. */
int dm_errand_copy(struct dm_errand *errand, int from, int to, const char *subject, struct dm_error *err);

#endif
