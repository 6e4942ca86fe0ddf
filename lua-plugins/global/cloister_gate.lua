-- The gate: holds a placeholder whose nodes are chosen until the backend has its virtual machines up (docs/formats/gate.md has the
-- formats). Runs in a child of slurmscriptd as SlurmUser, once per waiting placeholder, called by burst_buffer.lua or, where a
-- site's burst buffer plugin is another, by prolog-slurmctld.
--
-- The wait has three ends of its own: an answer, a backend that has not been heard for 30 seconds, and gate_limit_seconds.
-- Beyond them OtherTimeout (burst_buffer.conf) or PrologEpilogTimeout (slurm.conf) kills this child and the shell that it waits in.
local SILENT_AFTER = 30
local LONGEST_ANSWER = 65536
local LONGEST_CODE = 64

local function is_id(text) return type(text) == "string" and text:find("^%d+$") ~= nil and #text <= 10 end

-- Numbers arrive as integers or as floats, by the version of Lua.
local function digits(number)
   number = tonumber(number)
   if not number or number < 0 or number > 4294967295 or number % 1 ~= 0 then return nil end
   local text = string.format("%d", number)
   return is_id(text) and text or nil
end

-- One byte more than an answer may have, so that a longer one shows.
local function read(path)
   local file = io.open(path, "r")
   if not file then return nil end
   local text = file:read(LONGEST_ANSWER + 1) or ""
   file:close()
   return text
end

local function write(path, text)
   local file, why = io.open(path .. ".tmp", "w")
   if not file then return nil, why end
   local written
   written, why = file:write(text)
   local closed = file:close()
   if not written or not closed then return nil, why or "cannot write" end
   return os.rename(path .. ".tmp", path)
end

local function silent(gate)
   local text = read(gate .. "/answers/heartbeat") or ""
   local beat = text:match("^(%d+)\n?$")
   return not beat or #beat > 12 or os.time() - tonumber(beat) > SILENT_AFTER
end

-- One shell for the whole wait, and no process per look: read -t on a pipe that stays empty is the pause. The folder is from the
-- configuration (letters, digits, _ . / -), the name is digits and dots, so nothing here can be read as a command.
-- A heartbeat counts as silence by its own age and when it has not moved for as long by this machine's clock.
local WAIT = [==[exec 9<> <(:)
last=; moved=$SECONDS; looked=-1
while [ ! -e "GATE/answers/NAME" ]; do
  if (( SECONDS > looked )); then
    looked=$SECONDS; beat=; read -r -n 13 beat < "GATE/answers/heartbeat"
    [[ $beat =~ ^[0-9]{1,12}$ ]] || exit 0
    printf -v now "%(%s)T" -1
    if (( now - 10#$beat > SILENT )); then exit 0; fi
    if [[ $beat != "$last" ]]; then last=$beat; moved=$SECONDS; fi
    if (( SECONDS - moved > SILENT || SECONDS > LIMIT )); then exit 0; fi
  fi
  read -r -t 0.1 -u 9
done 2>/dev/null]==]

local function wait(config, name)
   local words = { GATE = config.gate, NAME = name, SILENT = tostring(SILENT_AFTER), LIMIT = string.format("%d", config.gate_limit_seconds) }
   local script = WAIT:gsub("%u%u%u%u+", words)
   os.execute("exec /bin/bash -p -c '" .. script .. "'")
end

-- Now and then slurmctld runs no teardown for a job that is cancelled at its gate. The backend refuses what such a job asked, and the
-- next teardown, of whatever job, takes it away.
local SWEEP = [==[exec /bin/bash -p -c '/bin/rm -f -- GATE/asked/*.*.*.JOB.*
cd GATE/asked || exit 0
for asked in *.*.*.*.*; do
  word=; read -r -n 16 version word rest < "../answers/$asked"
  if [[ $version == 1 && $word == refuse* ]]; then /bin/rm -f -- "$asked"; fi
done' 2>/dev/null]==]

-- What an answer says: true, or false and why, in words.
local function verdict(answer, nodes)
   if #answer > LONGEST_ANSWER then return false, "the backend's answer is too long" end
   local word, code, repeated = answer:match("^1 (%l+) ([%w_-]+) (%S+)\n$")
   if not (word == "go" or word == "refuse") or #code > LONGEST_CODE then return false, "the backend's answer is not one" end
   if repeated ~= nodes then return false, "the backend's answer is for other nodes" end
   if word == "refuse" then return false, "the backend refused: " .. code end
   return true
end

-- config is what cloister_config.lua read, mark is cloister_mark.lua's.
return function(config, mark)
   local function is_ours(uid)
      for _, backend in ipairs(config.backend_uids) do
         if tostring(uid) == string.format("%d", backend) then return true end
      end
      return false
   end

   local function in_our_partitions(text)
      for name in (text or ""):gmatch("[^,]+") do
         for _, partition in ipairs(config.partitions) do
            if name == partition then return true end
         end
      end
      return false
   end

   -- Slurm's code and words for the gate of one placeholder; nil where the job is not Cloister's: neither our uid nor our partition.
   local function pre_run(job, uid, info)
      if config.partitions and not is_ours(uid) and not in_our_partitions(info.partition) then return nil end
      local project, lease, attempt = mark(info.comment)
      local restart, nodes = digits(info.restart_cnt), info.nodes
      if not is_ours(uid) or (config.partitions and not in_our_partitions(info.partition)) or not project or not is_id(job) or not restart then
         return slurm.ERROR, "cloister: this job is not a placeholder of Cloister's backend"
      end
      if type(nodes) ~= "string" or #nodes > LONGEST_ANSWER / 2 or not nodes:find("^[%w_.,%[%]-]+$") then
         return slurm.ERROR, "cloister: Slurm names no nodes for this placeholder"
      end
      if silent(config.gate) then
         return slurm.ERROR, "cloister: the backend has not been heard for 30 seconds; start it and submit again"
      end
      local name = table.concat({ project, lease, attempt, job, restart }, ".")
      local asked, why = write(config.gate .. "/asked/" .. name, "1 " .. nodes .. "\n")
      if not asked then return slurm.ERROR, "cloister: the gate's folder cannot be written: " .. tostring(why) end
      slurm.log_info("cloister: gate %s asks for %s", name, nodes)
      wait(config, name)
      local answer = read(config.gate .. "/answers/" .. name)
      if not answer then
         if silent(config.gate) then return slurm.ERROR, "cloister: the backend fell silent while this placeholder waited for it" end
         return slurm.ERROR, "cloister: the backend gave no answer in time"
      end
      local go, reason = verdict(answer, nodes)
      slurm.log_info("cloister: gate %s answered: %s", name, go and "go" or reason)
      if go then return slurm.SUCCESS end
      return slurm.ERROR, "cloister: " .. reason
   end

   -- All that teardown knows is the job id. The backend removes the answer.
   local function teardown(job)
      if not is_id(job) then return slurm.ERROR, "cloister: teardown without a job id" end
      os.execute((SWEEP:gsub("%u%u%u+", { GATE = config.gate, JOB = job })))
      return slurm.SUCCESS
   end

   return { pre_run = pre_run, teardown = teardown }
end
