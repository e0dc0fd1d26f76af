#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "datamaestro/printable.h"
#include "datamaestro/pulse.h"
#include "transfer_parts.h"

/* More connections are tried for files that would take longer, on lines that are slower: beyond, a single one
 * is not what holds them up. */
enum { GROW_WINDOW = 100, GROW_WORTH = 2 };            /* milliseconds of a measurement; seconds left */
enum { GROW_ROUNDS = 6, GROW_WINDOW_MAXIMUM = 3000 };  /* of it: round trips at least; milliseconds */
enum { GROW_STEP = 4, GROW_RATE = 100 * 1000 * 1000 }; /* connections by one try: times; bytes a second */
#define GROW_GAIN 1.3                                  /* less than this is no help */
/* Bytes asked of a further connection at once: as few as can be, since what is not in order is lost when the
 * process dies, and so many that the wait for the next answer is a twentieth of the time. */
enum { CHUNK_MINIMUM = 1 << 20, CHUNK_MAXIMUM = 1 << 26, CHUNK_TRIPS = 20 };

static int on_response(void *context, const struct dm_http_response *response, struct dm_error *err);
static int on_bytes(void *context, const void *bytes, size_t size, struct dm_error *err);
static void on_end(void *context, const struct dm_http_response *response,
                   const struct dm_http_failure *failure);

/* What If-Range may hold: the file is then resumed only if it is still the same. NULL: nothing of use. */
static const char *validator(const struct dm_transfer *t) {
  if (strcmp(t->source.url_digest, t->url_digest) != 0)
    return NULL;
  if (dm_http_is_strong(t->source.etag))
    return t->source.etag;
  return t->source.etag[0] == '\0' && t->source.last_modified[0] != '\0' ? t->source.last_modified : NULL;
}

/* Whether parts of the file may be asked for: they must be known to belong together. */
static bool may_divide(const struct dm_transfer *t) {
  return t->request.proven || validator(t) != NULL;
}

static int open_lane(struct dm_lane *lane, bool alone, struct dm_error *err) {
  struct dm_transfer *t = lane->transfer;
  lane->request = (struct dm_http_request){
      .url = t->request.url,
      .token = t->request.token,
      .headers = t->request.headers,
      .header_count = t->request.header_count,
      .from = lane->next,
      .until = lane->end == UINT64_MAX ? 0 : lane->end,
      .validator = lane->next > 0 || alone ? validator(t) : NULL,
      .size = t->request.size,
      .alone = alone,
      .context = lane,
      .on_response = on_response,
      .on_bytes = on_bytes,
      .on_end = on_end,
  };
  return dm_http_start(t->set->http, &lane->request, &lane->exchange, err);
}

int dm_transfer_ask(struct dm_transfer *t, uint64_t from, struct dm_error *err) {
  memset(t->lanes, 0, sizeof t->lanes);
  t->lanes[0] = (struct dm_lane){.transfer = t, .used = true, .next = from, .end = UINT64_MAX};
  t->assigned = UINT64_MAX;
  t->received = from;
  t->over = false;
  t->growth = (struct dm_growth){.lanes = 1};
  return open_lane(&t->lanes[0], false, err);
}

void dm_transfer_hang_up(struct dm_transfer *t) {
  for (size_t i = 0; i < DM_TRANSFER_LANES; i++) {
    dm_http_cancel(t->lanes[i].exchange);
    t->lanes[i].exchange = NULL;
  }
}

/* The bytes before this one are all here. */
static uint64_t prefix(const struct dm_transfer *t) {
  uint64_t least = t->assigned;
  for (size_t i = 0; i < DM_TRANSFER_LANES; i++)
    if (t->lanes[i].used && t->lanes[i].next < least)
      least = t->lanes[i].next;
  return least;
}

static int count_lanes(const struct dm_transfer *t) {
  int count = 0;
  for (size_t i = 0; i < DM_TRANSFER_LANES; i++)
    count += t->lanes[i].exchange != NULL;
  return count;
}

/* Bytes that were encoded on the way are not those of the file, unless a digest says so. */
static int check_encoding(const struct dm_transfer *t, const struct dm_http_response *response,
                          struct dm_error *err) {
  const char *encoding = response->content_encoding;
  if (encoding[0] == '\0' || strcasecmp(encoding, "identity") == 0 || t->request.proven ||
      t->request.decode >= 0)
    return 0;
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: encoded as %s, unasked (the plain bytes expected)",
                      t->subject, encoding);
}

/* Whole files: what comes from now on is described by this answer. */
static int begin_file(struct dm_transfer *t, const struct dm_http_response *response, struct dm_error *err) {
  struct dm_served served = {.request = &t->request, .report = &t->report, .subject = t->subject};
  if (dm_served_expect(&served, err) != 0)
    return -1;
  if (check_encoding(t, response, err) != 0)
    return -1;
  t->total = response->length >= 0 ? (uint64_t)response->length : UINT64_MAX;
  if (t->total == UINT64_MAX && t->request.size >= 0)
    t->total = (uint64_t)t->request.size;
  dm_spool_expect(t->spool, t->total != UINT64_MAX ? t->total : 0, t->request.size >= 0);
  memcpy(t->source.url_digest, t->url_digest, sizeof t->url_digest);
  memcpy(t->source.etag, response->etag, sizeof t->source.etag);
  memcpy(t->source.last_modified, response->last_modified, sizeof t->source.last_modified);
  if (!response->settled)
    t->source.last_modified[0] = '\0';
  t->source.total = response->length;
  if (!may_divide(t))
    t->source.url_digest[0] = '\0';
  dm_checkpoint_source(&t->checkpoint, &t->source);
  return 0;
}

/* Wants to begin at the first byte, which takes another request. */
static int refuse_part(struct dm_transfer *t, struct dm_error *err) {
  t->over = true;
  return dm_error_set(err, DM_ERROR_NETWORK, "%s: part of another file than before", t->subject);
}

/* The server must send what it says that it sends. */
static bool adds_up(const struct dm_lane *lane, const struct dm_http_response *response) {
  const struct dm_http_range *range = &response->range;
  if (range->first != (int64_t)lane->next)
    return false;
  if (range->last < 0)
    return true;
  if (response->length >= 0 && range->last - range->first + 1 != response->length)
    return false;
  uint64_t end = (uint64_t)range->last + 1;
  uint64_t total = range->total >= 0 ? (uint64_t)range->total : lane->transfer->total;
  return end == (lane->end == UINT64_MAX ? total : lane->end); /* less than asked for is allowed, and rare */
}

static bool is_same(const char *before, const char *now) {
  return before[0] == '\0' || now[0] == '\0' || strcmp(before, now) == 0;
}

/* A part is taken if it is the one that was asked for, of the file that is here already. */
static int continue_file(struct dm_lane *lane, const struct dm_http_response *response,
                         struct dm_error *err) {
  struct dm_transfer *t = lane->transfer;
  const struct dm_http_range *range = &response->range;
  bool same_source = strcmp(t->source.url_digest, t->url_digest) == 0;
  bool fits = adds_up(lane, response) &&
              (range->total < 0 || t->total == UINT64_MAX || range->total == (int64_t)t->total);
  if (same_source)
    fits = fits && is_same(t->source.etag, response->etag) &&
           (t->source.etag[0] != '\0' || is_same(t->source.last_modified, response->last_modified));
  if (!fits)
    return refuse_part(t, err);
  if (check_encoding(t, response, err) != 0)
    return -1;
  if (t->total == UINT64_MAX && range->total >= 0)
    t->total = (uint64_t)range->total;
  t->report.mixed = t->report.mixed || !lane->request.alone || validator(t) == NULL;
  return 0;
}

/* Nothing there: either all is here already, or the file is another one. */
static int read_unsatisfiable(struct dm_lane *lane, const struct dm_http_response *response,
                              struct dm_error *err) {
  struct dm_transfer *t = lane->transfer;
  if (response->range.total != (int64_t)lane->next || (t->total != UINT64_MAX && t->total != lane->next))
    return refuse_part(t, err);
  t->total = lane->next;
  lane->end = lane->next; /* what comes is a page for people */
  t->report.mixed = true;
  return 0;
}

static int on_response(void *context, const struct dm_http_response *response, struct dm_error *err) {
  struct dm_lane *lane = context;
  struct dm_transfer *t = lane->transfer;
  bool further = lane->request.alone;
  if (!further)
    t->report.response = *response;
  if (response->status == 416)
    return further ? refuse_part(t, err) : read_unsatisfiable(lane, response, err);
  if (response->status == 206)
    return continue_file(lane, response, err);
  if (further) /* the whole file where a part was wanted: only the first connection may have it */
    return refuse_part(t, err);
  if (lane->next > 0 && dm_transfer_start_over(t, err) != 0)
    return -1;
  lane->next = 0;
  t->received = 0;
  t->report.mixed = false;
  return begin_file(t, response, err);
}

static void fill_head(struct dm_transfer_report *report, const void *bytes, size_t size) {
  size_t room = DM_TRANSFER_HEAD - report->head_size;
  size_t piece = size < room ? size : room;
  memcpy(report->head + report->head_size, bytes, piece);
  report->head_size += piece;
}

/* Looks at the first bytes before the first of them is stored. */
static int look_at_head(struct dm_lane *lane, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_transfer *t = lane->transfer;
  struct dm_served served = {.request = &t->request, .report = &t->report, .subject = t->subject};
  if (t->recognised || lane->next != t->report.head_size)
    return 0;
  fill_head(&t->report, bytes, size);
  if (t->report.head_size < DM_TRANSFER_HEAD)
    return 0;
  t->recognised = true;
  return dm_served_recognise(&served, -1, err);
}

static int check_size(struct dm_lane *lane, size_t size, struct dm_error *err) {
  struct dm_transfer *t = lane->transfer;
  uint64_t declared = t->request.size >= 0 ? (uint64_t)t->request.size : UINT64_MAX;
  if (lane->next + size <= declared && lane->next + size <= t->total)
    return 0;
  if (declared == UINT64_MAX)
    declared = t->total;
  t->tainted = true;
  return dm_error_set(err, DM_ERROR_CHECKSUM, "%s: over %" PRIu64 " bytes (%" PRIu64 " expected)", t->subject,
                      declared, declared);
}

static int on_bytes(void *context, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_lane *lane = context;
  struct dm_transfer *t = lane->transfer;
  if (size > lane->end - lane->next)
    size = (size_t)(lane->end - lane->next);
  if (check_size(lane, size, err) != 0 || look_at_head(lane, bytes, size, err) != 0 ||
      dm_spool_write(t->spool, lane->next, bytes, size, err) != 0)
    return -1;
  lane->next += size;
  t->received += size;
  dm_spool_advance(t->spool, prefix(t));
  dm_checkpoint_hold(&t->checkpoint, t->received);
  if (dm_transfer_follow(t, err) != 0)
    return -1;
  return lane->next == lane->end && lane->request.until != lane->end ? 1 : 0; /* 1: it was cut short by us */
}

/* A share that nobody is at, or a new one; NULL when there is none. */
static struct dm_lane *next_lane(struct dm_transfer *t, double rate) {
  struct dm_lane *unused = NULL;
  for (size_t i = 0; i < DM_TRANSFER_LANES; i++) {
    if (t->lanes[i].used && t->lanes[i].exchange == NULL)
      return &t->lanes[i];
    if (!t->lanes[i].used)
      unused = &t->lanes[i];
  }
  if (unused == NULL || t->assigned >= t->total)
    return NULL;
  uint64_t left = t->total - t->assigned;
  double trips = t->report.response.latency * CHUNK_TRIPS;
  double share = rate / t->growth.lanes * trips;
  uint64_t size = share < CHUNK_MINIMUM   ? CHUNK_MINIMUM
                  : share < CHUNK_MAXIMUM ? (uint64_t)share
                                          : CHUNK_MAXIMUM;
  size = size < left ? size : left;
  *unused = (struct dm_lane){.transfer = t, .used = true, .next = t->assigned, .end = t->assigned + size};
  t->assigned += size;
  return unused;
}

/* Opens lanes until there are as many as wanted. */
static void open_lanes(struct dm_transfer *t) {
  struct dm_lane *lane = NULL;
  while (count_lanes(t) < t->growth.lanes && (lane = next_lane(t, t->growth.before)) != NULL)
    if (open_lane(lane, true, &t->err) != 0)
      return;
}

/* Further connections were of no use: the first one, which was asked for all the rest, brings it after all.
 */
static void take_back(struct dm_transfer *t) {
  struct dm_lane *first = &t->lanes[0];
  if (count_lanes(t) != 1 || first->exchange == NULL || first->request.alone)
    return;
  for (size_t i = 1; i < DM_TRANSFER_LANES; i++)
    t->lanes[i].used = false;
  first->end = UINT64_MAX;
  t->assigned = UINT64_MAX;
  t->received = first->next;
}

/* What one lane fails with is the transfer's failure only when it was the last one. */
static void lose(struct dm_lane *lane, const struct dm_http_failure *failure) {
  struct dm_transfer *t = lane->transfer;
  if (lane->request.alone && t->over) { /* this server does not divide */
    t->undivided = true;
    t->over = count_lanes(t) == 0;
  }
  t->growth.settled = true;
  t->growth.lanes = count_lanes(t) > 0 ? count_lanes(t) : 1;
  take_back(t);
  if (count_lanes(t) > 0)
    return;
  t->err = failure->error;
  t->report.passing = failure->passing;
  dm_transfer_pause(t);
}

/* An answer that ended well, and too early for the file. */
static void fail_short(struct dm_lane *lane) {
  struct dm_transfer *t = lane->transfer;
  struct dm_http_failure failure = {.passing = true};
  (void)dm_error_set(&failure.error, DM_ERROR_NETWORK,
                     "%s: received %" PRIu64 " bytes (%" PRIu64 " expected)", t->subject, lane->next,
                     t->total);
  lose(lane, &failure);
}

/* Takes up what is left, or ends. */
static void take_next(struct dm_transfer *t) {
  open_lanes(t);
  if (count_lanes(t) > 0)
    return;
  dm_spool_advance(t->spool, prefix(t)); /* the lanes that were before it are gone */
  if (prefix(t) == t->total)
    dm_transfer_end(t);
  else
    dm_transfer_pause(t);
}

static void on_end(void *context, const struct dm_http_response *response,
                   const struct dm_http_failure *failure) {
  struct dm_lane *lane = context;
  struct dm_transfer *t = lane->transfer;
  bool whole = lane->end == UINT64_MAX;
  lane->exchange = NULL;
  if (!lane->request.alone)
    t->report.response = *response;
  if (failure != NULL && lane->next < lane->end)
    lose(lane, failure);
  else if (whole ? t->total != UINT64_MAX && lane->next != t->total : lane->next != lane->end)
    fail_short(lane);
  else {
    t->total = whole ? lane->next : t->total;
    t->assigned = t->assigned < t->total ? t->assigned : t->total;
    lane->used = false;
    take_next(t);
  }
}

/* The connection that has all the rest gives all but its next piece away. */
static void divide(struct dm_transfer *t) {
  struct dm_lane *first = &t->lanes[0];
  if (first->end != UINT64_MAX)
    return;
  first->end = first->next + CHUNK_MINIMUM < t->total ? first->next + CHUNK_MINIMUM : t->total;
  t->assigned = first->end;
}

static bool can_grow(const struct dm_transfer *t) {
  return !t->growth.settled && !t->undivided && t->report.response.ranges && t->total != UINT64_MAX &&
         may_divide(t) && t->received < t->total;
}

/* Milliseconds: long enough for a new connection to have got up to speed. */
static int64_t window(const struct dm_transfer *t) {
  double trips = t->report.response.latency * 1000 * GROW_ROUNDS;
  return trips < GROW_WINDOW           ? GROW_WINDOW
         : trips < GROW_WINDOW_MAXIMUM ? (int64_t)trips
                                       : GROW_WINDOW_MAXIMUM;
}

/* Measures for a while; then, if the rest is worth it, tries more connections, and goes on trying for as long
 * as they help. Those that were of no help end with their share. */
void dm_transfer_grow(struct dm_transfer *t) {
  struct dm_growth *growth = &t->growth;
  int64_t now = dm_pulse_now();
  if (growth->since == 0 && t->received > 0 && count_lanes(t) > 0) {
    growth->since = now;
    growth->bytes = t->received;
  }
  if (growth->since == 0 || now < growth->since + window(t) || !can_grow(t))
    return;
  double rate = (double)(t->received - growth->bytes) * 1000 / (double)(now - growth->since);
  growth->since = now;
  growth->bytes = t->received;
  if (growth->before > 0 && rate < growth->before * GROW_GAIN) {
    growth->settled = true;
    growth->lanes /= GROW_STEP;
    return;
  }
  if (rate > GROW_RATE || (double)(t->total - t->received) < rate * GROW_WORTH)
    return;
  int most =
      t->request.lanes > 0 && t->request.lanes < DM_TRANSFER_LANES ? t->request.lanes : DM_TRANSFER_LANES;
  if (most > t->set->host_connections)
    most = (int)t->set->host_connections;
  int wanted = growth->lanes * GROW_STEP < most ? growth->lanes * GROW_STEP : most;
  growth->settled = wanted == growth->lanes;
  growth->before = rate > 1 ? rate : 1;
  growth->lanes = wanted;
  if (!growth->settled) {
    divide(t);
    open_lanes(t);
  }
}
