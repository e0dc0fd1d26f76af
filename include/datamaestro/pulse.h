/* A long wait's way to tell its caller how far it is, and to ask whether to go on. */
#ifndef DATAMAESTRO_PULSE_H
#define DATAMAESTRO_PULSE_H

#include <stdint.h>

#include "datamaestro/error.h"

enum { DM_PULSE_PERIOD = 100 }; /* milliseconds */

struct dm_pulse {
  /* Called on the waiting thread; -1 with `err` filled stops what is under way. May be NULL. */
  int (*beat)(void *context, uint64_t received, int64_t total, struct dm_error *err);
  void *context;
  uint64_t received; /* bytes so far; kept by who receives */
  int64_t total;     /* bytes in all, -1 when unknown */
  int64_t next;      /* milliseconds: when the next beat is due; kept by dm_pulse_beat */
};

/* The monotonic clock, in milliseconds. */
int64_t dm_pulse_now(void);

/* Beats if a period has gone by since the last one; call it as often as you like. */
int dm_pulse_beat(struct dm_pulse *pulse, struct dm_error *err);

/* Milliseconds until the next beat is due: how long a wait may last. */
int dm_pulse_wait(const struct dm_pulse *pulse);

#endif
