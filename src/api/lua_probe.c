/* Module datamaestro.api.probe: what URLs serve, asked without fetching it, many at once. */
#include <math.h>

#include "datamaestro/probe.h"
#include "lua_util.h"

#define SET "datamaestro.probes"
#define PROBE "datamaestro.probe"

enum { CONNECTIONS_MAXIMUM = 64 };

/* Its first user value is a table: address of a handle → the handle of a probe that is not closed. */
struct set {
  struct dm_probes *probes; /* NULL when closed */
};

/* Its first user value is the set, which so lives as long. */
struct handle {
  struct dm_probe *probe; /* NULL when closed; nothing when the set is */
  struct set *set;
};

static struct set *check_set(lua_State *L) {
  struct set *set = luaL_checkudata(L, 1, SET);
  luaL_argcheck(L, set->probes != NULL, 1, "closed");
  return set;
}

static long check_count(lua_State *L, const char *name) {
  lua_Integer count = dm_lua_field_integer(L, 1, name, 8);
  if (count < 1 || count > CONNECTIONS_MAXIMUM)
    luaL_error(L, "field '%s': %I (1 to %d expected)", name, (LUAI_UACINT)count, CONNECTIONS_MAXIMUM);
  return (long)count;
}

/* probe.open{connections = 8, host_connections = 8, connect_timeout = 30, stall_timeout = 60, ca_file =} →
 * probes, to be closed | nil, message, code: as of datamaestro.api.transfer. */
static int probe_open(lua_State *L) {
  struct dm_error err;
  luaL_checktype(L, 1, LUA_TTABLE);
  struct dm_http_options options = {
      .connections = check_count(L, "connections"),
      .host_connections = check_count(L, "host_connections"),
      .connect_timeout = dm_lua_field_number(L, 1, "connect_timeout", 30),
      .stall_timeout = dm_lua_field_number(L, 1, "stall_timeout", 60),
      .user_agent = "datamaestro/" DM_VERSION,
      .ca_file = dm_lua_field_string(L, 1, "ca_file", NULL),
  };
  struct set *set = lua_newuserdatauv(L, sizeof *set, 1);
  set->probes = NULL;
  luaL_setmetatable(L, SET);
  lua_newtable(L);
  (void)lua_setiuservalue(L, -2, 1);
  return dm_probes_open(&set->probes, &options, &err) == 0 ? 1 : dm_lua_fail(L, &err);
}

/* In the set's table of handles, the handle at the top of the stack by its address, or nothing. */
static void note(lua_State *L, struct handle *handle, bool known) {
  (void)lua_getiuservalue(L, 1, 1);
  if (known)
    lua_pushvalue(L, -2);
  else
    lua_pushnil(L);
  lua_rawsetp(L, -2, handle);
  lua_pop(L, 1);
}

/* probes:start{url = [, token =, bytes = 0]} → probe, to be closed | nil, message, code: asks for the head of
 * the answer, or for the first bytes (512 at the most). */
static int probes_start(lua_State *L) {
  struct dm_error err;
  struct set *set = check_set(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_Integer bytes = dm_lua_field_integer(L, 2, "bytes", 0);
  luaL_argcheck(L, bytes >= 0 && bytes <= DM_PROBE_HEAD_SIZE, 2, "field 'bytes': 0 to 512 expected");
  struct dm_probe_request request = {
      .url = dm_lua_field_string(L, 2, "url", ""),
      .token = dm_lua_field_string(L, 2, "token", NULL),
      .bytes = (size_t)bytes,
  };
  lua_settop(L, 2);
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 1);
  *handle = (struct handle){.set = set};
  lua_pushvalue(L, 1);
  (void)lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, PROBE);
  note(L, handle, true);
  if (dm_probe_start(set->probes, &request, &handle->probe, &err) != 0) {
    note(L, handle, false);
    return dm_lua_fail(L, &err);
  }
  dm_probe_mark(handle->probe, handle);
  return 1;
}

/* probes:wait(seconds) → array of the probes that have their answer since the last call, which may be empty |
 * nil, message, code: lets all go on until there is one, or the time is up. */
static int probes_wait(lua_State *L) {
  struct dm_error err;
  struct set *set = check_set(L);
  double seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e6, 2, "0 or more seconds expected");
  if (dm_probes_wait(set->probes, (int)ceil(seconds * 1000), &err) != 0)
    return dm_lua_fail(L, &err);
  lua_settop(L, 1);
  lua_newtable(L);
  (void)lua_getiuservalue(L, 1, 1);
  struct dm_probe *probe = NULL;
  for (lua_Integer i = 1; (probe = dm_probes_next(set->probes)) != NULL; i++) {
    (void)lua_rawgetp(L, 3, dm_probe_marked(probe));
    lua_rawseti(L, 2, i);
  }
  lua_settop(L, 2);
  return 1;
}

/* probes:close(): ends all; closed is fine. */
static int probes_close(lua_State *L) {
  struct set *set = luaL_checkudata(L, 1, SET);
  dm_probes_close(set->probes);
  set->probes = NULL;
  return 0;
}

static void set_string(lua_State *L, const char *name, const char *value) {
  if (value[0] == '\0')
    return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, int64_t value) {
  if (value < 0)
    return;
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

static void push_report(lua_State *L, const struct dm_probe_report *report) {
  const struct dm_http_response *response = &report->response;
  lua_createtable(L, 0, 8);
  set_string(L, "url", response->url);
  set_integer(L, "status", response->status);
  set_string(L, "content_type", response->content_type);
  set_string(L, "etag", response->etag);
  set_string(L, "last_modified", response->last_modified);
  set_integer(L, "retry_after", response->retry_after);
  set_integer(L, "size", report->size);
  lua_pushlstring(L, (const char *)report->head, report->head_size);
  lua_setfield(L, -2, "head");
  lua_pushboolean(L, report->failed && report->failure.passing);
  lua_setfield(L, -2, "passing");
}

/* probe:result() → {url =, status =, head = first bytes [, size = bytes of the whole file, content_type =,
 * etag =, last_modified =]} | nil, message, code, that table with passing = whether another try may succeed
 * [, retry_after = seconds]: of a probe that has its answer. */
static int probe_result(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, PROBE);
  luaL_argcheck(L, handle->probe != NULL && handle->set->probes != NULL, 1, "closed");
  const struct dm_probe_report *report = dm_probe_report(handle->probe);
  if (report->failed)
    (void)dm_lua_fail(L, &report->failure.error);
  push_report(L, report);
  return report->failed ? 4 : 1;
}

/* probe:close(): ends it; closed is fine. */
static int probe_close(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, PROBE);
  if (handle->probe == NULL || handle->set->probes == NULL)
    return 0;
  dm_probe_close(handle->probe);
  handle->probe = NULL;
  (void)lua_getiuservalue(L, 1, 1);
  (void)lua_getiuservalue(L, -1, 1);
  lua_pushnil(L);
  lua_rawsetp(L, -2, handle);
  return 0;
}

DM_LUA_MODULE int luaopen_datamaestro_api_probe(lua_State *L);

int luaopen_datamaestro_api_probe(lua_State *L) {
  static const luaL_Reg functions[] = {{"open", probe_open}, {NULL, NULL}};
  static const luaL_Reg set_metamethods[] = {{"__gc", probes_close}, {"__close", probes_close}, {NULL, NULL}};
  static const luaL_Reg set_methods[] = {
      {"start", probes_start}, {"wait", probes_wait}, {"close", probes_close}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__close", probe_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"result", probe_result}, {"close", probe_close}, {NULL, NULL}};
  dm_lua_class(L, SET, set_metamethods, set_methods);
  dm_lua_class(L, PROBE, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
