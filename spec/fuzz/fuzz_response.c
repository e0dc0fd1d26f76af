/* Answers of servers, through all that a download does with them: a server on a loopback socket, which is
 * every request's proxy (so nothing leaves this machine, wherever a redirect leads), answers with the bytes.
 * The first byte chooses what is asked for (FLAG_...); the rest is one answer or several, with SEPARATOR
 * between them, each for one connection, the last one for all that follow. Whatever comes, the transfer ends,
 * its file is there exactly when it is done, has the size and the digest that are reported, and no text from
 * outside could steer a terminal. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "datamaestro/decode.h"
#include "datamaestro/file.h"
#include "datamaestro/journal.h"
#include "datamaestro/printable.h"
#include "datamaestro/transfer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLAG_DECODE = 1, FLAG_UNPACK = 2, FLAG_PROVEN = 4, FLAG_SIZE = 8, FLAG_RESUME = 16, FLAG_KEEP = 32 };
enum {
  HERE = 32,
  DECLARED = 64,
  TRIES = 3
}; /* bytes of the part file; bytes declared; requests for one input */

static const char separator[] = "\n--answer--\n";
static const char url[] = "http://fuzz.example/x";
static const char etag[] = "\"e\"";

static struct {
  int listener;
  pthread_mutex_t mutex;
  const uint8_t *bytes; /* of the answers that are left */
  size_t size;
  char folder[64];
  struct dm_transfers *transfers;
} lab = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void demand(int holds) {
  if (!holds)
    abort();
}

/* Reads a request's head. */
static void read_request(int fd) {
  char buffer[4096];
  size_t have = 0;
  ssize_t got = 0;
  while (have < sizeof buffer - 1 && (got = read(fd, buffer + have, sizeof buffer - 1 - have)) > 0) {
    have += (size_t)got;
    buffer[have] = '\0';
    if (strstr(buffer, "\r\n\r\n") != NULL)
      return;
  }
}

/* Copies the answer whose turn it is; its size. */
static size_t take_answer(uint8_t *out, size_t capacity) {
  (void)pthread_mutex_lock(&lab.mutex);
  const uint8_t *end = lab.size > 0 ? memmem(lab.bytes, lab.size, separator, sizeof separator - 1) : NULL;
  size_t size = end != NULL ? (size_t)(end - lab.bytes) : lab.size;
  size = size < capacity ? size : capacity;
  if (size > 0)
    memcpy(out, lab.bytes, size);
  if (end != NULL) {
    lab.size -= (size_t)(end - lab.bytes) + sizeof separator - 1;
    lab.bytes = end + sizeof separator - 1;
  }
  (void)pthread_mutex_unlock(&lab.mutex);
  return size;
}

static void *serve(void *unused) {
  static uint8_t answer[1 << 16];
  int fd = -1;
  (void)unused;
  while ((fd = accept(lab.listener, NULL, NULL)) >= 0) {
    read_request(fd);
    size_t size = take_answer(answer, sizeof answer);
    if (size > 0)
      (void)send(fd, answer, size, MSG_NOSIGNAL);
    (void)close(fd);
  }
  return NULL;
}

static void listen_and_serve(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  char proxy[64];
  pthread_t thread;
  lab.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  demand(bind(lab.listener, (struct sockaddr *)&address, sizeof address) == 0);
  demand(listen(lab.listener, SOMAXCONN) == 0);
  demand(getsockname(lab.listener, (struct sockaddr *)&address, &length) == 0);
  (void)snprintf(proxy, sizeof proxy, "http://127.0.0.1:%d", ntohs(address.sin_port));
  (void)setenv("http_proxy", proxy, 1);
  (void)setenv("https_proxy", proxy, 1);
  (void)setenv("HOME", "/nonexistent", 1); /* no .netrc */
  (void)unsetenv("no_proxy");
  (void)unsetenv("NO_PROXY");
  demand(pthread_create(&thread, NULL, serve, NULL) == 0);
}

static void remove_folder(void) {
  struct dm_error err;
  dm_transfers_close(lab.transfers);
  (void)dm_file_remove_tree(lab.folder, &err);
}

static void open_lab(void) {
  struct dm_error err;
  struct dm_http_options options = {.connections = 8,
                                    .host_connections = 8,
                                    .connect_timeout = 5,
                                    .stall_timeout = 5,
                                    .user_agent = "fuzz"};
  if (lab.transfers != NULL)
    return;
  listen_and_serve();
  (void)snprintf(lab.folder, sizeof lab.folder, "/dev/shm/fuzz_response.XXXXXX");
  demand(mkdtemp(lab.folder) != NULL);
  demand(dm_transfers_open(&lab.transfers, &options, &err) == 0);
  (void)atexit(remove_folder);
}

/* A path in the folder, in static storage. */
static const char *place(const char *name, char *out) {
  (void)snprintf(out, 128, "%s/%s", lab.folder, name);
  return out;
}

static void digest_of(const char *bytes, size_t size, char *out) {
  struct dm_digest digest = {{NULL}};
  struct dm_digest_hex hex;
  struct dm_error err;
  demand(dm_digest_open(&digest, 1U << DM_DIGEST_SHA256, &err) == 0);
  demand(dm_digest_update(&digest, bytes, size, &err) == 0);
  demand(dm_digest_read(&digest, &hex, &err) == 0);
  dm_digest_close(&digest);
  (void)snprintf(out, 65, "%s", hex.of[DM_DIGEST_SHA256]);
}

/* A part file and its journal, as a process leaves them. */
static void leave_part(void) {
  struct dm_error err;
  char path[128];
  char part[HERE];
  struct dm_journal_record record = {.source = {.total = -1}, .kind = DM_DIGEST_SHA256, .offset = HERE};
  memset(part, 'A', sizeof part);
  digest_of(url, strlen(url), record.source.url_digest);
  digest_of(part, sizeof part, record.digest);
  memcpy(record.source.etag, etag, sizeof etag);
  FILE *file = fopen(place("x.part", path), "wb");
  demand(file != NULL && fwrite(part, 1, sizeof part, file) == sizeof part && fclose(file) == 0);
  demand(dm_journal_write(place("x.journal", path), &record, &err) == 0);
}

static int is_plain(const char *text) {
  return dm_printable_is_plain(text, strlen(text));
}

static void check_texts(const struct dm_transfer_report *report) {
  const struct dm_http_response *response = &report->response;
  demand(is_plain(response->url) && is_plain(response->content_type));
  demand(is_plain(response->etag) && is_plain(response->last_modified));
  demand(report->head_size <= DM_TRANSFER_HEAD);
}

/* The file is what the report says. */
static void check_file(const struct dm_transfer_request *request, const struct dm_transfer_report *report) {
  struct dm_digest_hex hex;
  struct dm_error err;
  uint64_t size = 0;
  demand(request->size < 0 || report->size == (uint64_t)request->size);
  if (request->unpack)
    return;
  demand(dm_digest_file(request->path, 1U << DM_DIGEST_SHA256, &hex, &size, &err) == 0);
  demand(size == report->content_size);
  demand(strcmp(hex.of[DM_DIGEST_SHA256], report->content_digests.of[DM_DIGEST_SHA256]) == 0);
  if (request->decode < 0)
    demand(size == report->size &&
           strcmp(hex.of[DM_DIGEST_SHA256], report->digests.of[DM_DIGEST_SHA256]) == 0);
}

static void run(struct dm_transfer *transfer, const struct dm_transfer_request *request) {
  struct dm_error err;
  for (int tries = 1;; tries++) {
    while (dm_transfer_state(transfer) == DM_TRANSFER_RUNNING)
      demand(dm_transfers_wait(lab.transfers, 1000, &err) == 0);
    demand(dm_transfers_next(lab.transfers) == transfer && dm_transfers_next(lab.transfers) == NULL);
    check_texts(dm_transfer_report(transfer));
    if (dm_transfer_state(transfer) == DM_TRANSFER_DONE)
      break;
    demand(is_plain(dm_transfer_error(transfer)->message));
    if (dm_transfer_state(transfer) == DM_TRANSFER_FAILED || tries == TRIES)
      return;
    demand(dm_transfer_again(transfer, request->url, NULL, &err) == 0);
  }
  check_file(request, dm_transfer_report(transfer));
}

static void clear(void) {
  static const char *const names[] = {"file", "kept", "x.part", "x.journal"};
  struct dm_error err;
  char path[128];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    demand(dm_file_remove_tree(place(names[i], path), &err) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct dm_error err;
  struct stat info;
  char path[128];
  char spool[128];
  char keep[128];
  struct dm_transfer *transfer = NULL;
  if (size == 0)
    return 0;
  open_lab();
  (void)pthread_mutex_lock(&lab.mutex);
  lab.bytes = data + 1;
  lab.size = size - 1;
  (void)pthread_mutex_unlock(&lab.mutex);
  int flags = data[0];
  struct dm_transfer_request request = {
      .url = url,
      .path = place("file", path),
      .spool = place("x", spool),
      .keep = (flags & FLAG_KEEP) != 0 ? place("kept", keep) : NULL,
      .decode = (flags & FLAG_DECODE) != 0 && (flags & FLAG_UNPACK) == 0 ? DM_DECODE_GZIP : -1,
      .unpack = (flags & FLAG_UNPACK) != 0,
      .proven = (flags & FLAG_PROVEN) != 0,
      .size = (flags & FLAG_SIZE) != 0 ? DECLARED : -1,
      .digests = 1U << DM_DIGEST_SHA256,
      .content_digests = 1U << DM_DIGEST_SHA256,
      .content_limit = 1 << 20,
  };
  if ((flags & FLAG_RESUME) != 0)
    leave_part();
  demand(dm_transfer_start(lab.transfers, &request, &transfer, &err) == 0);
  run(transfer, &request);
  bool done = dm_transfer_state(transfer) == DM_TRANSFER_DONE;
  dm_transfer_close(transfer);
  demand((lstat(path, &info) == 0) == done);
  clear();
  (void)pthread_mutex_lock(&lab.mutex);
  lab.size = 0;
  (void)pthread_mutex_unlock(&lab.mutex);
  return 0;
}
