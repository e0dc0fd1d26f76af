/* One request and its answer, as libcurl's callbacks see it. */
#ifndef DATAMAESTRO_HTTP_EXCHANGE_H
#define DATAMAESTRO_HTTP_EXCHANGE_H

#include <curl/curl.h>

#include "datamaestro/http.h"

struct dm_http {
  CURLM *multi;
  struct dm_http_options options;
  struct dm_http_exchange *first; /* of all that are under way */
  int64_t checked;                /* milliseconds: when the stall clocks were last looked at */
};

enum { DM_HTTP_REASON_SIZE = 64 };

struct dm_http_exchange {
  struct dm_http *http;
  struct dm_http_exchange *before;
  struct dm_http_exchange *following;
  CURL *easy;
  struct curl_slist *headers;
  struct dm_http_request request;
  struct dm_http_response response;
  struct dm_http_failure failure;
  bool failed;       /* `failure` is filled: libcurl only hears that we stop */
  bool enough;       /* on_bytes wants no more */
  bool answered;     /* on_response was called */
  bool connected;    /* the stall clock runs */
  bool secure;       /* a request went over https */
  bool web;          /* http or https, not file or ftp */
  int64_t activity;  /* milliseconds: when the last byte came */
  uint64_t received; /* bytes of the body */
  size_t head_size;  /* bytes of headers and trailers, of all answers */
  char subject[DM_HTTP_URL_SIZE];
  char reason[DM_HTTP_REASON_SIZE]; /* of the last status line, printable */
  char detail[CURL_ERROR_SIZE];
};

/* Makes an exchange that libcurl can run. */
int dm_http_exchange_make(struct dm_http *http, const struct dm_http_request *request,
                          struct dm_http_exchange **exchange, struct dm_error *err);

/* Frees; NULL is fine. */
void dm_http_exchange_free(struct dm_http_exchange *exchange);

/* libcurl says how it ended; our callbacks may have said so before. */
void dm_http_exchange_conclude(struct dm_http_exchange *exchange, CURLcode code);

/* Notes that no byte came for too long. */
void dm_http_exchange_fail_stall(struct dm_http_exchange *exchange);

#endif
