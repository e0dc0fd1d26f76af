/* A download as its three files see it: transfer.c (its life), transfer_lanes.c (its connections),
 * transfers.c (all of them). All runs on the thread of dm_transfers_wait. */
#ifndef DATAMAESTRO_TRANSFER_PARTS_H
#define DATAMAESTRO_TRANSFER_PARTS_H

#include <limits.h>

#include "checkpoint.h"
#include "datamaestro/transfer.h"
#include "follower.h"
#include "served.h"

struct dm_transfers {
  struct dm_http *http;
  struct dm_pool *pool;      /* for jobs that wait for the network */
  struct dm_pool *finishers; /* for files that are all here: more would only wait for the same folder */
  long host_connections;
  struct dm_transfer *first;
  pthread_mutex_t mutex; /* of `changed`, which followers signal */
  pthread_cond_t changed;
};

/* A connection's share of the file: the bytes from `next` up to `end`. */
struct dm_lane {
  struct dm_transfer *transfer;
  struct dm_http_exchange *exchange; /* NULL: nobody is at it */
  struct dm_http_request request;
  bool used; /* bytes of it are missing */
  uint64_t next;
  uint64_t end; /* UINT64_MAX: all that comes */
};

/* Whether more connections would help: see dm_transfer_grow. */
struct dm_growth {
  int64_t since;  /* milliseconds: when this measurement began; 0: not yet */
  uint64_t bytes; /* received then */
  double before;  /* bytes a second with fewer connections; 0: none tried yet */
  int lanes;      /* connections wanted */
  bool settled;   /* no more will be tried */
};

struct dm_transfer {
  struct dm_transfers *set;
  struct dm_transfer *before;
  struct dm_transfer *following;
  struct dm_transfer_request request;
  void *mark;
  enum dm_transfer_state state;
  bool told; /* dm_transfers_next has given it out */
  struct dm_transfer_report report;
  struct dm_error err;
  char subject[DM_HTTP_URL_SIZE]; /* the URL, printable */
  char part[PATH_MAX];
  char journal[PATH_MAX];
  struct dm_spool *spool;
  struct dm_checkpoint checkpoint;
  struct dm_journal_source source; /* of the bytes that are here; url_digest "": cannot be resumed */
  char url_digest[65];             /* of the URL that is asked now */
  struct dm_follower follower;
  bool followed;   /* the follower runs, or has run */
  bool verifying;  /* the network waits until the part file of before is verified */
  bool recognised; /* the head was looked at */
  bool tainted;    /* some bytes are known to be wrong */
  bool undivided;  /* one connection at a time: its answers to several do not belong together */
  bool over;       /* the next exchange begins at the first byte */
  bool ended;      /* all bytes are here */
  struct dm_lane lanes[DM_TRANSFER_LANES];
  uint64_t assigned; /* the first byte that no lane has */
  uint64_t total;    /* bytes; UINT64_MAX when unknown */
  uint64_t received; /* bytes that are here */
  struct dm_growth growth;
};

/* transfer_request.c */

/* Whether its patterns are some. */
int dm_transfer_request_check(const struct dm_transfer_request *request, struct dm_error *err);

/* Copies all that a request points to; the copy is to be freed, failed or not. */
int dm_transfer_request_copy(struct dm_transfer_request *copy, const struct dm_transfer_request *request,
                             struct dm_error *err);

/* All zeros is fine. */
void dm_transfer_request_free(struct dm_transfer_request *request);

/* A copy; NULL stays NULL. Sets `failed` for want of memory. */
char *dm_transfer_copy_string(const char *text, bool *failed);

/* transfer_lanes.c */

/* Asks for all bytes from `from` on. */
int dm_transfer_ask(struct dm_transfer *transfer, uint64_t from, struct dm_error *err);

/* Opens further connections where one does not fill the line, and only there. */
void dm_transfer_grow(struct dm_transfer *transfer);

/* Ends all exchanges. */
void dm_transfer_hang_up(struct dm_transfer *transfer);

/* transfer.c */

/* Forgets all bytes. */
int dm_transfer_start_over(struct dm_transfer *transfer, struct dm_error *err);

/* The lanes have brought all bytes. */
void dm_transfer_end(struct dm_transfer *transfer);

/* The last lane was lost; the reason stands in transfer->err. */
void dm_transfer_pause(struct dm_transfer *transfer);

/* It cannot go on; the reason stands in transfer->err. */
void dm_transfer_fail(struct dm_transfer *transfer);

/* Bytes came: lets them be followed as soon as they are in the part file. */
int dm_transfer_follow(struct dm_transfer *transfer, struct dm_error *err);

/* Looks at what the follower has done meanwhile. */
void dm_transfer_look(struct dm_transfer *transfer);

#endif
