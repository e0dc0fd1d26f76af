/* libFuzzer target: bytes as a definition, through the loader, in the embedded Lua.
 *
 * `make fuzz`; by hand it runs in the project's folder, where it finds the Lua modules.
 *
 * Seeds: datasets/image/com/lecun.lua datasets/ml/edu/uci.lua
 *
 * A definition may do what it likes but: crash, leave strings or the collector changed, or fail without one
 * line that begins with its path. What loads is built too. A definition that runs for over 10 s of processor
 * time ends the process with status 10, as it does the program. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int luaopen_datamaestro_api_file(lua_State *L);
int luaopen_datamaestro_api_regex(lua_State *L);
int luaopen_datamaestro_api_sandbox(lua_State *L);
int luaopen_datamaestro_api_step(lua_State *L);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Limits far below the program's: a slow input is no find. */
static const char harness[] =
    "package.path = 'lua/?.lua;lua/?/init.lua'\n"
    "package.loaded['datamaestro.api.host'] = { lua = 'lua', datasets = 'datasets', version = 'fuzz' }\n"
    "local limits = require 'datamaestro.api.sandbox'\n"
    "local run = limits.run\n"
    "limits.run = function(options, ...)\n"
    "  options.instructions, options.memory = 200000, 16 << 20\n"
    "  return run(options, ...)\n"
    "end\n"
    "local loader = require 'datamaestro.definition.loader'\n"
    "local repository = require 'datamaestro.definition.repository'\n"
    "local owner = repository.pseudo '/nowhere/fuzz'\n"
    "local image = assert(repository.open 'datasets/image')\n"
    "local function find(id)\n"
    "  if id == 'image' then return image end\n"
    "  return nil, 'unknown repository'\n"
    "end\n"
    "local PATH = '/nowhere/fuzz/com/x.lua'\n"
    "local function check(message, code)\n"
    "  assert(code == 'definition', code)\n"
    "  assert(message:sub(1, #PATH + 1) == PATH .. ':' or message:find('datasets/', 1, true), message)\n"
    "  assert(not message:find '%c', message)\n"
    "end\n"
    "return function(text)\n"
    "  local datasets, message, code = loader.load_text(PATH, text, owner, find)\n"
    "  if not datasets then check(message, code) end\n"
    "  for _, dataset in ipairs(datasets or {}) do\n"
    "    local paths = {}\n"
    "    for _, resource in ipairs(dataset.resources) do paths[resource.name] = '/x/' .. resource.filename "
    "end\n"
    "    local object, problem, kind = dataset:build(paths)\n"
    "    if object then tostring(object) else check(problem, kind) end\n"
    "  end\n"
    "  assert(debug.getmetatable('').__index == string and collectgarbage 'isrunning')\n"
    "end\n";

static void preload(lua_State *L) {
  static const luaL_Reg modules[] = {{"datamaestro.api.file", luaopen_datamaestro_api_file},
                                     {"datamaestro.api.regex", luaopen_datamaestro_api_regex},
                                     {"datamaestro.api.sandbox", luaopen_datamaestro_api_sandbox},
                                     {"datamaestro.api.step", luaopen_datamaestro_api_step},
                                     {NULL, NULL}};
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  luaL_setfuncs(L, modules, 0);
  lua_pop(L, 1);
}

static void fail(lua_State *L) {
  (void)fprintf(stderr, "%s\n", lua_tostring(L, -1));
  abort();
}

static lua_State *open_state(void) {
  lua_State *L = luaL_newstate();
  if (L == NULL)
    abort();
  luaL_checkstack(L, 2000, "base frame");
  luaL_openlibs(L);
  preload(L);
  if (luaL_loadstring(L, harness) != LUA_OK || lua_pcall(L, 0, 1, 0) != LUA_OK)
    fail(L);
  return L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static lua_State *L = NULL; /* one state for all inputs: what one leaves behind, the next may meet */
  if (L == NULL)
    L = open_state();
  lua_pushvalue(L, -1);
  lua_pushlstring(L, (const char *)data, size);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK)
    fail(L);
  return 0;
}
