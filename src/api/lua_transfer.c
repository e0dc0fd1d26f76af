/* Module datamaestro.api.transfer: downloads, many at once. */
#include <math.h>
#include <string.h>

#include "archive_fields.h"
#include "datamaestro/decode.h"
#include "datamaestro/transfer.h"
#include "lua_digest_kinds.h"
#include "rewrite_fields.h"

#define SET "datamaestro.transfers"
#define TRANSFER "datamaestro.transfer"

enum { REQUEST = 2 };              /* stack slot of the table of transfers:start */
enum { CONNECTIONS_MAXIMUM = 64 }; /* far more than any server likes */

/* Its first user value is a table: address of a handle → the handle of a transfer that is not closed. */
struct set {
  struct dm_transfers *transfers; /* NULL when closed */
};

/* Its first user value is the set, which so lives as long. */
struct handle {
  struct dm_transfer *transfer; /* NULL when closed; nothing when the set is */
  struct set *set;
};

static struct set *check_set(lua_State *L) {
  struct set *set = luaL_checkudata(L, 1, SET);
  luaL_argcheck(L, set->transfers != NULL, 1, "closed");
  return set;
}

static struct dm_transfer *check_transfer(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, TRANSFER);
  luaL_argcheck(L, handle->transfer != NULL && handle->set->transfers != NULL, 1, "closed");
  return handle->transfer;
}

static double check_seconds(lua_State *L, int table, const char *name, double fallback) {
  double seconds = dm_lua_field_number(L, table, name, fallback);
  if (!(seconds > 0))
    luaL_error(L, "field '%s': %f (over 0 seconds expected)", name, seconds);
  return seconds;
}

static long check_count(lua_State *L, const char *name, lua_Integer fallback) {
  lua_Integer count = dm_lua_field_integer(L, 1, name, fallback);
  if (count < 1 || count > CONNECTIONS_MAXIMUM)
    luaL_error(L, "field '%s': %I (1 to %d expected)", name, (LUAI_UACINT)count, CONNECTIONS_MAXIMUM);
  return (long)count;
}

/* transfer.open{connections = 8, host_connections = 8, connect_timeout = 30, stall_timeout = 60, user_agent
 * =, ca_file =} → transfers, to be closed | nil, message, code: a set of downloads that share connections.
 * Connections are at most so many, in all and to one host; times are in seconds. */
static int transfer_open(lua_State *L) {
  struct dm_error err;
  luaL_checktype(L, 1, LUA_TTABLE);
  struct dm_http_options options = {
      .connections = check_count(L, "connections", 8),
      .host_connections = check_count(L, "host_connections", 8),
      .connect_timeout = check_seconds(L, 1, "connect_timeout", 30),
      .stall_timeout = check_seconds(L, 1, "stall_timeout", 60),
      .user_agent = dm_lua_field_string(L, 1, "user_agent", "datamaestro/" DM_VERSION),
      .ca_file = dm_lua_field_string(L, 1, "ca_file", NULL),
  };
  struct set *set = lua_newuserdatauv(L, sizeof *set, 1);
  set->transfers = NULL;
  luaL_setmetatable(L, SET);
  lua_newtable(L);
  (void)lua_setiuservalue(L, -2, 1);
  return dm_transfers_open(&set->transfers, &options, &err) == 0 ? 1 : dm_lua_fail(L, &err);
}

static const char *need_string(lua_State *L, const char *name) {
  const char *value = dm_lua_field_string(L, REQUEST, name, NULL);
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

static bool check_boolean(lua_State *L, const char *name) {
  (void)lua_getfield(L, REQUEST, name);
  bool value = lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return value;
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

static int check_decode(lua_State *L) {
  const char *name = dm_lua_field_string(L, REQUEST, "decode", NULL);
  int format = name != NULL ? dm_decode_find(name) : -1;
  if (name != NULL && format < 0)
    luaL_error(L, "field 'decode': '%s' (gzip, bzip2, xz, zstd, lz4 or nil expected)", name);
  return format;
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
  luaL_checkstack(L, (int)count + LUA_MINSTACK, "headers");
  const char **lines = lua_newuserdatauv(L, (count + 1) * sizeof *lines, 0);
  for (size_t i = 0; i < count; i++) {
    (void)lua_rawgeti(L, table, (lua_Integer)i + 1);
    lines[i] = check_header(L, -1);
  }
  request->headers = lines;
  request->header_count = count;
}

/* Leaves on the stack what the choice points to. */
static void check_unpack(lua_State *L, struct dm_transfer_request *request) {
  int type = lua_getfield(L, REQUEST, "unpack");
  request->unpack = lua_toboolean(L, -1) != 0;
  if (type == LUA_TTABLE) {
    int table = lua_gettop(L);
    request->choice = dm_lua_archive_choice(L, table);
    request->concat = dm_lua_field_boolean(L, table, "concat", 0) != 0;
    request->concat_decode = request->concat ? dm_lua_concat_decode(L, table) : DM_CONCAT_NONE;
  } else if (type != LUA_TNIL && type != LUA_TBOOLEAN)
    luaL_error(L, "field 'unpack': %s (boolean or table expected)", luaL_typename(L, -1));
}

static void check_request(lua_State *L, struct dm_transfer_request *request) {
  int64_t limit = check_bytes(L, "content_limit");
  *request = (struct dm_transfer_request){
      .url = need_string(L, "url"),
      .token = dm_lua_field_string(L, REQUEST, "token", NULL),
      .path = need_string(L, "path"),
      .spool = need_string(L, "spool"),
      .keep = dm_lua_field_string(L, REQUEST, "keep", NULL),
      .local = dm_lua_field_string(L, REQUEST, "local", NULL),
      .decode = check_decode(L),
      .proven = check_boolean(L, "proven"),
      .lanes = (int)dm_lua_field_integer(L, REQUEST, "lanes", 0),
      .size = check_bytes(L, "size"),
      .digests = check_digests(L, "digests"),
      .content_digests = check_digests(L, "content_digests"),
      .content_limit = limit >= 0 ? (uint64_t)limit : DM_INFLATE_NO_LIMIT,
  };
  if (request->digests == 0) /* what is resumed is verified by one */
    request->digests = 1U << DM_DIGEST_SHA256;
  check_unpack(L, request);
  request->rules = dm_lua_rewrite_rules(L, REQUEST, &request->rule_count);
  if (request->rule_count > 0 && request->unpack && !request->concat)
    luaL_error(L, "field 'lines': of a folder (of a file expected, as by 'concat')");
  check_headers(L, request);
}

/* transfers:start{url =, path =, spool = [, token =, keep =, local =, decode = format, unpack = true or
 * {[format = "tar", "zip" or "7z"] [, subpath =] [, files = array] [, concat = boolean, decode = "auto",
 * "none" or format]}, lines = array of {replace = pattern, with = text} and {filter = pattern}, proven =
 * boolean, lanes
 * =, size =, digests =, content_digests =, content_limit =, headers =]} → transfer, to be closed | nil,
 * message, code: begins to fetch a URL into the new file `path`; with `unpack`, an archive into a folder, all
 * of it or what struct dm_archive_choice says; with `concat`, its members one behind another into a file
 * (struct dm_concat_options). `lines` are rewritten as datamaestro/rewrite.h says, those of the decoded file,
 * or of each member. Sizes are in bytes. `spool` names the part file and its journal, which are continued
 * where they are there. The other fields are those of struct dm_transfer_request. */
static int transfers_start(lua_State *L) {
  struct dm_error err;
  struct dm_transfer_request request;
  struct set *set = check_set(L);
  luaL_checktype(L, REQUEST, LUA_TTABLE);
  lua_settop(L, REQUEST);
  check_request(L, &request);
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  *handle = (struct handle){.set = set};
  lua_pushvalue(L, 1);
  (void)lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, TRANSFER);
  (void)lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, handle);
  lua_pop(L, 1);
  if (dm_transfer_start(set->transfers, &request, &handle->transfer, &err) != 0) {
    (void)lua_getiuservalue(L, 1, 1);
    lua_pushnil(L);
    lua_rawsetp(L, -2, handle);
    return dm_lua_fail(L, &err);
  }
  dm_transfer_mark(handle->transfer, handle);
  return 1;
}

/* transfers:wait(seconds) → array of the transfers that have stopped running since the last call, which may
 * be empty | nil, message, code: lets all go on until there is one, or the time is up. */
static int transfers_wait(lua_State *L) {
  struct dm_error err;
  struct set *set = check_set(L);
  double seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e6, 2, "0 or more seconds expected");
  if (dm_transfers_wait(set->transfers, (int)ceil(seconds * 1000), &err) != 0)
    return dm_lua_fail(L, &err);
  lua_settop(L, 1);
  lua_newtable(L);
  (void)lua_getiuservalue(L, 1, 1);
  struct dm_transfer *transfer = NULL;
  for (lua_Integer i = 1; (transfer = dm_transfers_next(set->transfers)) != NULL; i++) {
    (void)lua_rawgetp(L, 3, dm_transfer_marked(transfer));
    lua_rawseti(L, 2, i);
  }
  lua_settop(L, 2);
  return 1;
}

/* transfers:close(): ends all; closed is fine. */
static int transfers_close(lua_State *L) {
  struct set *set = luaL_checkudata(L, 1, SET);
  dm_transfers_close(set->transfers);
  set->transfers = NULL;
  return 0;
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

static void set_boolean(lua_State *L, const char *name, bool value) {
  lua_pushboolean(L, value);
  lua_setfield(L, -2, name);
}

static void set_digests(lua_State *L, const struct dm_digest_hex *hex) {
  lua_createtable(L, 0, DM_DIGEST_KINDS);
  dm_lua_digest_set(L, hex);
  lua_setfield(L, -2, "digests");
}

static void push_report(lua_State *L, const struct dm_transfer_report *report) {
  lua_createtable(L, 0, 16);
  set_string(L, "url", report->response.url);
  set_integer(L, "status", report->response.status);
  set_string(L, "content_type", report->response.content_type);
  set_string(L, "etag", report->response.etag);
  set_string(L, "last_modified", report->response.last_modified);
  if (report->response.retry_after >= 0)
    set_integer(L, "retry_after", report->response.retry_after);
  set_boolean(L, "passing", report->passing);
  set_boolean(L, "mixed", report->mixed);
  set_integer(L, "resumed", (lua_Integer)report->resumed);
  set_integer(L, "size", (lua_Integer)report->size);
  set_digests(L, &report->digests);
  lua_createtable(L, 0, 3);
  set_integer(L, "size", (lua_Integer)report->content_size);
  if (report->entries > 0)
    set_integer(L, "entries", (lua_Integer)report->entries);
  if (report->garbage > 0)
    set_integer(L, "garbage", (lua_Integer)report->garbage);
  set_digests(L, &report->content_digests);
  lua_setfield(L, -2, "content");
  lua_pushlstring(L, (const char *)report->head, report->head_size);
  lua_setfield(L, -2, "head");
}

/* transfer:state() → "running", "paused" (the source gave up: see transfer:again), "done" or "failed". */
static int transfer_state(lua_State *L) {
  static const char *const names[] = {[DM_TRANSFER_RUNNING] = "running",
                                      [DM_TRANSFER_PAUSED] = "paused",
                                      [DM_TRANSFER_DONE] = "done",
                                      [DM_TRANSFER_FAILED] = "failed"};
  lua_pushstring(L, names[dm_transfer_state(check_transfer(L))]);
  return 1;
}

/* transfer:result() → {url =, status =, size =, resumed = bytes that were there before, mixed = whether they
 * are of several answers, digests = {NAME = hex}, content = {size =, digests = [, garbage = bytes after the
 * compressed data, which were ignored, entries = members of an archive]}, head = first 512 bytes, passing =
 * whether another try may succeed [, retry_after = seconds, content_type =, etag =, last_modified =]} | nil,
 * message, code, that table: of a transfer that is done, else why it is not. */
static int transfer_result(lua_State *L) {
  const struct dm_transfer *transfer = check_transfer(L);
  luaL_argcheck(L, dm_transfer_state(transfer) != DM_TRANSFER_RUNNING, 1, "running");
  bool done = dm_transfer_state(transfer) == DM_TRANSFER_DONE;
  if (!done)
    (void)dm_lua_fail(L, dm_transfer_error(transfer));
  push_report(L, dm_transfer_report(transfer));
  return done ? 1 : 4;
}

/* transfer:progress() → bytes as served that are here, bytes in all or nil, seconds since the last byte,
 * number of connections, whether bytes still come (false while they are verified, decoded or synced). */
static int transfer_progress(lua_State *L) {
  struct dm_transfer_progress progress = dm_transfer_progress(check_transfer(L));
  lua_pushinteger(L, (lua_Integer)progress.received);
  if (progress.total >= 0)
    lua_pushinteger(L, progress.total);
  else
    lua_pushnil(L);
  lua_pushnumber(L, progress.idle);
  lua_pushinteger(L, progress.connections);
  lua_pushboolean(L, progress.receiving);
  return 5;
}

/* transfer:again(url [, token]) → true | nil, message, code: a paused transfer goes on, with the same source
 * or another one of the same bytes. */
static int transfer_again(lua_State *L) {
  struct dm_error err;
  struct dm_transfer *transfer = check_transfer(L);
  const char *url = luaL_checkstring(L, 2);
  luaL_argcheck(L, dm_transfer_state(transfer) == DM_TRANSFER_PAUSED, 1, "not paused");
  if (dm_transfer_again(transfer, url, luaL_optstring(L, 3, NULL), &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* transfer:close(): ends it; what it has fetched is kept where a later one can continue it. Closed is fine.
 */
static int transfer_close(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, TRANSFER);
  if (handle->transfer == NULL || handle->set->transfers == NULL)
    return 0;
  dm_transfer_close(handle->transfer);
  handle->transfer = NULL;
  (void)lua_getiuservalue(L, 1, 1);
  (void)lua_getiuservalue(L, -1, 1);
  lua_pushnil(L);
  lua_rawsetp(L, -2, handle);
  return 0;
}

DM_LUA_MODULE int luaopen_datamaestro_api_transfer(lua_State *L);

int luaopen_datamaestro_api_transfer(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", transfer_open}, {NULL, NULL}};
  static const luaL_Reg set_metamethods[] = {
      {"__gc", transfers_close}, {"__close", transfers_close}, {NULL, NULL}};
  static const luaL_Reg set_methods[] = {
      {"start", transfers_start}, {"wait", transfers_wait}, {"close", transfers_close}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__close", transfer_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"state", transfer_state},       {"result", transfer_result},
                                     {"progress", transfer_progress}, {"again", transfer_again},
                                     {"close", transfer_close},       {NULL, NULL}};
  dm_lua_class(L, SET, set_metamethods, set_methods);
  dm_lua_class(L, TRANSFER, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
