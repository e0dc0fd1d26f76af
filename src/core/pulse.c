#include "datamaestro/pulse.h"

#include <stddef.h>
#include <time.h>

int64_t dm_pulse_now(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int dm_pulse_beat(struct dm_pulse *pulse, struct dm_error *err) {
  int64_t now = dm_pulse_now();
  if (now < pulse->next)
    return 0;
  pulse->next = now + DM_PULSE_PERIOD;
  return pulse->beat != NULL ? pulse->beat(pulse->context, pulse->received, pulse->total, err) : 0;
}

int dm_pulse_wait(const struct dm_pulse *pulse) {
  int64_t wait = pulse->next - dm_pulse_now();
  return wait < 0 ? 0 : wait < DM_PULSE_PERIOD ? (int)wait : DM_PULSE_PERIOD;
}
