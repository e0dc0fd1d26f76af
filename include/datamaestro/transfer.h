/* A download: the bytes of one URL, digested as served, decoded, and written to a part file, in one
 * pass and in bounded memory. Receiving and digesting run on the calling thread, decoding and writing
 * on another. */
#ifndef DATAMAESTRO_TRANSFER_H
#define DATAMAESTRO_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/digest.h"
#include "datamaestro/error.h"
#include "datamaestro/http.h"
#include "datamaestro/inflate.h"

struct dm_transfer; /* owns connections and buffers; freed by dm_transfer_close; one fetch at a time */

struct dm_transfer_request {
  const char *url;
  const char *path;         /* of the content; must not exist; removed on failure */
  const char *keep;         /* of the bytes as served, the same way; NULL: not kept */
  bool gunzip;              /* whether gzip data must come, to be decoded */
  int64_t size;             /* bytes as served that must come; -1 when not known */
  unsigned digests;         /* mask of the kinds of the bytes as served */
  unsigned content_digests; /* mask of the kinds of the content */
  uint64_t content_limit;   /* bytes of content at most; DM_INFLATE_NO_LIMIT */
  double connect_timeout;   /* seconds */
  double stall_timeout;     /* seconds without a byte */
  const char *user_agent;
  const char *ca_file;        /* NULL: the system's certificates */
  const char *const *headers; /* "Name: value"; copied before the first beat */
  size_t header_count;
  /* Called about ten times a second on the calling thread, whatever is waited for; see pulse.h. */
  int (*beat)(void *context, uint64_t received, int64_t total, struct dm_error *err);
  void *beat_context;
};

enum { DM_TRANSFER_HEAD = 512 }; /* bytes */

struct dm_transfer_report {
  struct dm_http_response response; /* status 0: there was no answer */
  uint64_t size;                    /* bytes as served */
  struct dm_digest_hex digests;
  uint64_t content_size; /* bytes */
  uint64_t garbage;      /* bytes after the gzip data, ignored: see dm_inflate_garbage */
  struct dm_digest_hex content_digests;
  size_t head_size;
  unsigned char head[DM_TRANSFER_HEAD]; /* the first bytes as served */
};

/* Makes connections' place and buffers; fails for want of memory. */
int dm_transfer_open(struct dm_transfer **transfer, struct dm_error *err);

/* Frees; NULL is fine. */
void dm_transfer_close(struct dm_transfer *transfer);

/* Fetches request->url into request->path. Failures beside those of dm_http_fetch: another size than
 * declared is DM_ERROR_CHECKSUM (before a byte is stored, or as soon as it shows); other data than gzip
 * data, damage, or content over the limit DM_ERROR_FORMAT; files fail by errno. Nothing is left at
 * `path` and `keep` then. The files are not yet synced: dm_file_publish does that. */
int dm_transfer_fetch(struct dm_transfer *transfer, const struct dm_transfer_request *request,
                      struct dm_transfer_report *report, struct dm_error *err);

#endif
