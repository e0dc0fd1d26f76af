/* Asks what URLs serve without fetching it: for the head of the answer, or for the first bytes. Many at once,
 * on the calling thread. */
#ifndef DATAMAESTRO_PROBE_H
#define DATAMAESTRO_PROBE_H

#include "datamaestro/http.h"

struct dm_probes; /* owns its probes and connections; freed by dm_probes_close */
struct dm_probe;  /* one question; lives until dm_probe_close, or as long as the set */

enum { DM_PROBE_HEAD_SIZE = 512 }; /* bytes */

/* The strings are copied. */
struct dm_probe_request {
  const char *url;
  const char *token; /* as of struct dm_http_request */
  size_t bytes;      /* of the content, DM_PROBE_HEAD_SIZE at the most; 0: the head alone (HEAD) */
};

/* What was answered, once dm_probes_next has given the probe. */
struct dm_probe_report {
  struct dm_http_response response; /* also of a failure, as far as there was an answer */
  bool failed;
  struct dm_http_failure failure; /* where it failed */
  int64_t size;                   /* bytes of the whole file, -1 where nothing is said of it */
  unsigned char head[DM_PROBE_HEAD_SIZE];
  size_t head_size; /* bytes of `head` that came */
};

/* The options' strings are copied. Fails for want of memory. */
int dm_probes_open(struct dm_probes **probes, const struct dm_http_options *options, struct dm_error *err);

/* Ends all probes, frees; NULL is fine. */
void dm_probes_close(struct dm_probes *probes);

/* Begins a probe. Fails at once for what is no URL that can be asked (DM_ERROR_USAGE), and for want of
 * memory. */
int dm_probe_start(struct dm_probes *probes, const struct dm_probe_request *request, struct dm_probe **probe,
                   struct dm_error *err);

/* Ends a probe, frees; NULL is fine. */
void dm_probe_close(struct dm_probe *probe);

/* Lets all go on until one has its answer, `timeout` milliseconds at the most. */
int dm_probes_wait(struct dm_probes *probes, int timeout, struct dm_error *err);

/* A probe that has its answer and was not given before; NULL where there is none. */
struct dm_probe *dm_probes_next(struct dm_probes *probes);

/* The answer; it lives as long as the probe. */
const struct dm_probe_report *dm_probe_report(const struct dm_probe *probe);

/* Keeps a pointer of the caller's with the probe. */
void dm_probe_mark(struct dm_probe *probe, void *mark);

/* That pointer; NULL where there is none. */
void *dm_probe_marked(const struct dm_probe *probe);

#endif
