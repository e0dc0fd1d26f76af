/* Downloads, many at once: the bytes of a URL land in a spool (memory, or a part file), a follower on another
 * thread digests, decodes and writes them while they come. What a download that ends too early has fetched is
 * kept, with a journal, and continued by the next one of the same spool.
 *
 *   network ─▶ spool ─▶ follower: digest as served ─▶ decode, unpack, rewrite ─▶ content (digest, write,
 * sync) └─▶ checkpoint: fsync of the part file, journal
 */
#ifndef DATAMAESTRO_TRANSFER_H
#define DATAMAESTRO_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/archive.h"
#include "datamaestro/concat.h"
#include "datamaestro/digest.h"
#include "datamaestro/error.h"
#include "datamaestro/http.h"
#include "datamaestro/inflate.h"
#include "datamaestro/rewrite.h"

struct dm_transfers; /* owns connections and threads; freed by dm_transfers_close */
struct dm_transfer;  /* one download; freed by dm_transfer_close */

enum {
  DM_TRANSFER_HEAD = 512,              /* bytes */
  DM_TRANSFER_LANES = 8,               /* connections for one file, at most */
  DM_TRANSFER_STEP = 8 * 1024 * 1024,  /* bytes between two notes of what can be resumed */
  DM_TRANSFER_HOLD = 16 * 1024 * 1024, /* bytes that may wait for the disk, where they are to be resumed */
};

/* All is copied. */
struct dm_transfer_request {
  const char *url;
  const char *token;                   /* bearer token for the URL's host alone; NULL: none */
  const char *path;                    /* of the content; must not exist; there when the transfer is done */
  const char *spool;                   /* names the part file and the journal: SPOOL.part, SPOOL.journal */
  const char *keep;                    /* of the bytes as served, to be kept too; NULL: not kept */
  int decode;                          /* an enum dm_decode_format; -1: the bytes are the content */
  const char *local;                   /* the URL's file where it is on this machine, or NULL: it is decoded,
                                        * unpacked or rewritten as it is, without a part file */
  bool unpack;                         /* the content is an archive, `path` a folder that it fills */
  struct dm_archive_choice choice;     /* of its members */
  bool concat;                         /* with `unpack`: those one behind another, `path` a file */
  int concat_decode;                   /* of each of them: as in struct dm_concat_options */
  const struct dm_rewrite_rule *rules; /* of the lines of the content, or of each of those members */
  size_t rule_count;
  bool proven;              /* one of the digests is declared: bytes of several sources may be put together */
  int lanes;                /* connections for this file, at most; 0: DM_TRANSFER_LANES */
  int64_t size;             /* bytes as served that must come; -1 when not known */
  unsigned digests;         /* mask of the kinds of the bytes as served; one at least */
  unsigned content_digests; /* mask of the kinds of the content */
  uint64_t content_limit;   /* bytes of content at most; DM_INFLATE_NO_LIMIT */
  const char *const *headers; /* "Name: value" */
  size_t header_count;
};

enum dm_transfer_state {
  DM_TRANSFER_RUNNING,
  DM_TRANSFER_PAUSED, /* the source gave up; dm_transfer_again continues with it or another one */
  DM_TRANSFER_DONE,   /* the content is at `path` and on the disk; nobody has compared digests yet */
  DM_TRANSFER_FAILED, /* for good */
};

struct dm_transfer_report {
  struct dm_http_response response; /* the last one; status 0: there was no answer */
  bool passing;                     /* PAUSED: another try may succeed */
  bool mixed;                       /* some of the bytes are of an earlier answer than the last */
  uint64_t resumed;                 /* bytes that were there before the transfer began */
  uint64_t size;                    /* bytes as served, so far */
  struct dm_digest_hex digests;
  uint64_t content_size; /* bytes */
  uint64_t entries;      /* members of an archive */
  uint64_t garbage;      /* bytes after the compressed data, ignored: see dm_decode_garbage */
  struct dm_digest_hex content_digests;
  size_t head_size;
  unsigned char head[DM_TRANSFER_HEAD]; /* the first bytes as served */
};

struct dm_transfer_progress {
  uint64_t received; /* bytes as served that are here */
  int64_t total;     /* bytes, -1 when unknown */
  double idle;       /* seconds since the last byte */
  int connections;
  bool receiving; /* false: what is here is being verified, decoded or brought to the disk */
};

/* Makes connections' place and threads'; fails for want of memory. */
int dm_transfers_open(struct dm_transfers **transfers, const struct dm_http_options *options,
                      struct dm_error *err);

/* Closes the transfers too, frees; NULL is fine. */
void dm_transfers_close(struct dm_transfers *transfers);

/* Lets all go on until a transfer stops running, `timeout` milliseconds at most. */
int dm_transfers_wait(struct dm_transfers *transfers, int timeout, struct dm_error *err);

/* A transfer that has stopped running since it was last asked for; NULL when there is none. */
struct dm_transfer *dm_transfers_next(struct dm_transfers *transfers);

/* Begins a download. A part file and a journal of the spool's name are verified and continued. Fails at once
 * for want of memory, for bad URLs and for bad patterns (DM_ERROR_USAGE); else all that goes wrong shows in
 * the state. */
int dm_transfer_start(struct dm_transfers *transfers, const struct dm_transfer_request *request,
                      struct dm_transfer **transfer, struct dm_error *err);

/* Continues a paused transfer with the same source or another one of the same bytes. */
int dm_transfer_again(struct dm_transfer *transfer, const char *url, const char *token, struct dm_error *err);

/* What it is at. */
enum dm_transfer_state dm_transfer_state(const struct dm_transfer *transfer);

/* What is known; valid until the transfer is closed. */
const struct dm_transfer_report *dm_transfer_report(const struct dm_transfer *transfer);

/* Why it is PAUSED or FAILED: as of dm_http_start, and: another size than declared is DM_ERROR_CHECKSUM;
 * other data than what is to be decoded, damage, or content over the limit DM_ERROR_FORMAT; files by errno.
 */
const struct dm_error *dm_transfer_error(const struct dm_transfer *transfer);

/* How far it is. */
struct dm_transfer_progress dm_transfer_progress(const struct dm_transfer *transfer);

/* Ends and frees; NULL is fine. `path` is left when DONE, else removed. The part file and its journal stay
 * when a later transfer can continue them. */
void dm_transfer_close(struct dm_transfer *transfer);

/* Sets the caller's own mark, NULL at first. */
void dm_transfer_mark(struct dm_transfer *transfer, void *mark);

/* That mark. */
void *dm_transfer_marked(const struct dm_transfer *transfer);

#endif
