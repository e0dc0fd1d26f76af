/* Module datamaestro.api.http: downloads. */
#include <string.h>

#include "datamaestro/transfer.h"
#include "lua_digest_kinds.h"

#define TRANSFER "datamaestro.transfer"

enum { REQUEST = 1, PROGRESS = 2 }; /* stack slots of http.fetch */
enum { BEAT_SLOTS = 10 };           /* Lua slots that a beat needs */

/* The module's connections and buffers, made by the first fetch: upvalue 1 of http.fetch. */
struct handle {
  struct dm_transfer *transfer; /* NULL when closed */
};

/* What a beat needs of Lua. */
struct beat {
  lua_State *L;
  bool raised; /* the error value is on top of the stack */
};

/* Called where there is no progress function: a signal's hook raises in any call. */
static int do_nothing(lua_State *L) {
  (void)L;
  return 0;
}

static int beat(void *context, uint64_t received, int64_t total, struct dm_error *err) {
  struct beat *beat = context;
  lua_State *L = beat->L;
  if (lua_isnil(L, PROGRESS))
    lua_pushcfunction(L, do_nothing);
  else
    lua_pushvalue(L, PROGRESS);
  lua_pushinteger(L, (lua_Integer)received);
  if (total >= 0)
    lua_pushinteger(L, (lua_Integer)total);
  else
    lua_pushnil(L);
  if (lua_pcall(L, 2, 0, 0) == LUA_OK)
    return 0;
  beat->raised = true;
  return dm_error_set(err, DM_ERROR_INTERRUPTED, "stopped by the progress function");
}

/* The string field, copied onto the stack: the progress function may change the table. */
static const char *keep_string(lua_State *L, const char *name, const char *fallback) {
  return lua_pushstring(L, dm_lua_field_string(L, REQUEST, name, fallback));
}

static const char *need_string(lua_State *L, const char *name) {
  const char *value = keep_string(L, name, NULL);
  if (value == NULL)
    luaL_error(L, "field '%s': nil (string expected)", name);
  return value;
}

/* A count of bytes; -1 when absent. */
static int64_t check_bytes(lua_State *L, const char *name) {
  if (lua_getfield(L, REQUEST, name) == LUA_TNIL) {
    lua_pop(L, 1);
    return -1;
  }
  lua_pop(L, 1);
  lua_Integer bytes = dm_lua_field_integer(L, REQUEST, name, -1);
  if (bytes < 0)
    luaL_error(L, "field '%s': %I (0 or more expected)", name, (LUAI_UACINT)bytes);
  return bytes;
}

static double check_seconds(lua_State *L, const char *name, double fallback) {
  double seconds = dm_lua_field_number(L, REQUEST, name, fallback);
  if (!(seconds > 0))
    luaL_error(L, "field '%s': %f (over 0 seconds expected)", name, seconds);
  return seconds;
}

static unsigned check_digests(lua_State *L, const char *name) {
  unsigned mask = 0;
  int type = lua_getfield(L, REQUEST, name);
  if (type == LUA_TTABLE)
    mask = dm_lua_digest_mask(L, lua_gettop(L));
  else if (type != LUA_TNIL)
    luaL_error(L, "field '%s': %s (array of names expected)", name, luaL_typename(L, -1));
  lua_pop(L, 1);
  return mask;
}

static bool check_decode(lua_State *L) {
  const char *decode = dm_lua_field_string(L, REQUEST, "decode", NULL);
  if (decode != NULL && strcmp(decode, "gzip") != 0)
    luaL_error(L, "field 'decode': '%s' ('gzip' or nil expected)", decode);
  return decode != NULL;
}

/* A line end would smuggle in another header, or another request. */
static const char *check_header(lua_State *L, int index) {
  const char *line = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
  if (line == NULL || strlen(line) != lua_rawlen(L, index) || strpbrk(line, "\r\n") != NULL ||
      strchr(line, ':') == NULL)
    luaL_error(L, "field 'headers': array of 'Name: value' lines expected");
  return line;
}

/* Leaves the array of pointers and the strings on the stack. */
static void check_headers(lua_State *L, struct dm_transfer_request *request) {
  int type = lua_getfield(L, REQUEST, "headers");
  if (type == LUA_TNIL)
    return;
  if (type != LUA_TTABLE)
    luaL_error(L, "field 'headers': %s (array of 'Name: value' lines expected)", luaL_typename(L, -1));
  int table = lua_gettop(L);
  size_t count = lua_rawlen(L, table);
  luaL_argcheck(L, count <= 100, REQUEST, "field 'headers': over 100 lines");
  luaL_checkstack(L, (int)count + BEAT_SLOTS, "headers");
  const char **lines = lua_newuserdatauv(L, (count + 1) * sizeof *lines, 0);
  for (size_t i = 0; i < count; i++) {
    (void)lua_rawgeti(L, table, (lua_Integer)i + 1);
    lines[i] = check_header(L, -1);
  }
  request->headers = lines;
  request->header_count = count;
}

static void push_progress(lua_State *L) {
  int type = lua_getfield(L, REQUEST, "progress");
  if (type != LUA_TNIL && type != LUA_TFUNCTION)
    luaL_error(L, "field 'progress': %s (function expected)", luaL_typename(L, -1));
}

static void check_request(lua_State *L, struct dm_transfer_request *request) {
  int64_t limit = check_bytes(L, "content_limit");
  *request = (struct dm_transfer_request){
      .url = need_string(L, "url"),
      .path = need_string(L, "path"),
      .keep = keep_string(L, "keep", NULL),
      .gunzip = check_decode(L),
      .size = check_bytes(L, "size"),
      .digests = check_digests(L, "digests"),
      .content_digests = check_digests(L, "content_digests"),
      .content_limit = limit >= 0 ? (uint64_t)limit : DM_INFLATE_NO_LIMIT,
      .connect_timeout = check_seconds(L, "connect_timeout", 30),
      .stall_timeout = check_seconds(L, "stall_timeout", 60),
      .user_agent = keep_string(L, "user_agent", "datamaestro/" DM_VERSION),
      .ca_file = keep_string(L, "ca_file", NULL),
  };
  check_headers(L, request);
}

static void set_string(lua_State *L, const char *name, const char *value) {
  if (value[0] == '\0')
    return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, lua_Integer value) {
  lua_pushinteger(L, value);
  lua_setfield(L, -2, name);
}

static void set_digests(lua_State *L, const struct dm_digest_hex *hex) {
  lua_createtable(L, 0, DM_DIGEST_KINDS);
  dm_lua_digest_set(L, hex);
  lua_setfield(L, -2, "digests");
}

static void push_report(lua_State *L, const struct dm_transfer_report *report) {
  lua_createtable(L, 0, 9);
  set_string(L, "url", report->response.url);
  set_integer(L, "status", report->response.status);
  set_string(L, "content_type", report->response.content_type);
  set_string(L, "etag", report->response.etag);
  set_string(L, "last_modified", report->response.last_modified);
  set_integer(L, "size", (lua_Integer)report->size);
  set_digests(L, &report->digests);
  lua_createtable(L, 0, 3);
  set_integer(L, "size", (lua_Integer)report->content_size);
  if (report->garbage > 0)
    set_integer(L, "garbage", (lua_Integer)report->garbage);
  set_digests(L, &report->content_digests);
  lua_setfield(L, -2, "content");
  lua_pushlstring(L, (const char *)report->head, report->head_size);
  lua_setfield(L, -2, "head");
}

/* http.fetch{url =, path = [, keep =, decode = "gzip", size =, digests =, content_digests =,
 * content_limit =, connect_timeout = 30, stall_timeout = 60, user_agent =, ca_file =, headers =,
 * progress = function(received, total or nil)]} → {url =, status =, size =, digests = {NAME = hex},
 * content = {size =, digests = [, garbage = bytes after the gzip data, which were ignored]}, head = first
 * 512 bytes [, content_type =, etag =, last_modified =]} | nil, message, code [, report]: fetches a URL into
 * a new file, which is removed on failure. Sizes are in bytes, times in seconds. What the progress function
 * raises is raised again. The report after a failure is there when the server answered; its digests are
 * empty. */
static int http_fetch(lua_State *L) {
  struct dm_error err;
  struct dm_transfer_report report;
  struct dm_transfer_request request;
  struct beat context = {.L = L};
  struct handle *handle = lua_touserdata(L, lua_upvalueindex(1));
  luaL_checktype(L, REQUEST, LUA_TTABLE);
  lua_settop(L, REQUEST);
  push_progress(L);
  check_request(L, &request);
  request.beat = beat;
  request.beat_context = &context;
  luaL_checkstack(L, BEAT_SLOTS, "progress");
  int status = handle->transfer != NULL ? 0 : dm_transfer_open(&handle->transfer, &err);
  if (status != 0)
    return dm_lua_fail(L, &err);
  if (dm_transfer_fetch(handle->transfer, &request, &report, &err) == 0) {
    push_report(L, &report);
    return 1;
  }
  if (context.raised)
    return lua_error(L);
  (void)dm_lua_fail(L, &err);
  if (report.response.status == 0)
    return 3;
  push_report(L, &report);
  return 4;
}

static int close_handle(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, TRANSFER);
  dm_transfer_close(handle->transfer);
  handle->transfer = NULL;
  return 0;
}

DM_LUA_MODULE int luaopen_datamaestro_api_http(lua_State *L);

int luaopen_datamaestro_api_http(lua_State *L) {
  static const luaL_Reg functions[] = {{"fetch", http_fetch}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", close_handle}, {"__close", close_handle}, {NULL, NULL}};
  dm_lua_class(L, TRANSFER, metamethods, NULL);
  luaL_newlibtable(L, functions);
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->transfer = NULL;
  luaL_setmetatable(L, TRANSFER);
  luaL_setfuncs(L, functions, 1);
  return 1;
}
