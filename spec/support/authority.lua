--- A certificate authority that no system trusts, and a server's certificate signed by it.
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local authority = {}

local EXTENSIONS = "subjectAltName=IP:127.0.0.1,IP:127.0.0.2,DNS:localhost\nbasicConstraints=CA:FALSE\n"

-- Elliptic curves, since an RSA key takes longer to make than most specs run.
local COMMANDS = [[
set -e; cd %s
key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
openssl req -x509 $key -days 2 -subj /CN=datamaestro-spec-CA -keyout ca-key.pem -out ca.pem
openssl req $key -subj /CN=127.0.0.1 -keyout key.pem -out request.pem
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -set_serial 2 -days 2 -extfile extensions \
  -out cert.pem
]]

--- Makes both, for 127.0.0.1, 127.0.0.2 and localhost, valid for two days.
-- @param folder string: where the files go; it exists
-- @return table of paths: ca_file (what a client must trust), certificate, key (what the server shows and
--   holds)
function authority.make(folder)
  temp.write(folder .. "/extensions", EXTENSIONS)
  local result = program.shell(COMMANDS:format(program.quote(folder)))
  assert(result.status == 0, "openssl: " .. result.err)
  return { ca_file = folder .. "/ca.pem", certificate = folder .. "/cert.pem", key = folder .. "/key.pem" }
end

return authority
