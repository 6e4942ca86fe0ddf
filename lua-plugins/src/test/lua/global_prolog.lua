-- The gate's second driver: global/cloister_prolog.lua in the environment of PrologSlurmctld.
local FOLDER, GATE = SCRATCH .. "/slurm", SCRATCH .. "/gate"
local NAME = "7.12.1.345.0"
local said

local function fresh(more)
   shell("rm -rf " .. FOLDER .. " " .. GATE .. " && mkdir -p " .. FOLDER .. " " .. GATE .. "/asked " .. GATE .. "/answers && cp " .. PLUGINS .. "/global/cloister_*.lua " .. FOLDER)
   put(FOLDER .. "/cloister.lua", 'return { backend_uids = { 5000 }, gate_driver = "prolog", gate = "' .. GATE .. '"' .. (more or "") .. " }")
   put(GATE .. "/answers/heartbeat", string.format("%d\n", os.time()))
   said = {}
end

-- As slurmctld 24.11 gives it.
local function environment(more)
   return with({
      SLURM_CLUSTER_NAME = "test", SLURM_JOBID = "345", SLURM_JOB_ACCOUNT = "p7", SLURM_JOB_COMMENT = "cloister:1:7:12:1", SLURM_JOB_CPUS_PER_NODE = "8",
      SLURM_JOB_END_TIME = "1795374297", SLURM_JOB_GID = "5000", SLURM_JOB_ID = "345", SLURM_JOB_NAME = "cloister", SLURM_JOB_NODELIST = "vmhost[1-2]",
      SLURM_JOB_PARTITION = "sealed", SLURM_JOB_RESTART_COUNT = "0", SLURM_JOB_START_TIME = "1795373697", SLURM_JOB_UID = "5000", SLURM_JOB_USER = "cloister",
      SLURM_SCRIPT_CONTEXT = "prolog_slurmctld",
   }, more)
end
local function run(what, variables)
   variables = variables or environment()
   return dofile(FOLDER .. "/cloister_prolog.lua")(FOLDER, what, function(name) return variables[name] or nil end, function(words) said[#said + 1] = words end)
end
local function refused(words, variables)
   same(1, run("ask", variables), "code")
   holds(table.concat(said, "\n"), words)
   holds(table.concat(said, "\n"), "cloister: ")
end

case("go_lets_the_placeholder_start", function()
   fresh()
   put(GATE .. "/answers/" .. NAME, "1 go ok vmhost[1-2]\n")
   same(0, run("ask"), "code")
   same("1 vmhost[1-2]\n", get(GATE .. "/asked/" .. NAME), "asked")
end)
case("a_later_go_lets_the_placeholder_start", function()
   fresh()
   shell("(sleep 1; printf '1 go ok vmhost[1-2]\\n' > " .. GATE .. "/a.tmp; mv " .. GATE .. "/a.tmp " .. GATE .. "/answers/" .. NAME .. ") >/dev/null 2>&1 &")
   same(0, run("ask"), "code")
end)
for count, name in pairs({ ["0"] = "7.12.1.345.0", ["1"] = "7.12.1.345.1", ["42"] = "7.12.1.345.42" }) do
   case("restart_" .. count .. "_asks_under_its_own_name", function()
      fresh()
      put(GATE .. "/answers/" .. name, "1 go ok vmhost[1-2]\n")
      same(0, run("ask", environment({ SLURM_JOB_RESTART_COUNT = count })), "code")
      same("1 vmhost[1-2]\n", get(GATE .. "/asked/" .. name), "asked")
   end)
end
for name, answer in pairs({
   refuse = { "1 refuse host vmhost[1-2]\n", "the backend refused: host" }, other_nodes = { "1 go ok vmhost[1-3]\n", "is for other nodes" },
   another_version = { "2 go ok vmhost[1-2]\n", "is not one" }, nothing = { "", "is not one" }, too_long = { "1 go ok " .. ("n"):rep(70000) .. "\n", "is too long" },
}) do
   case("an_answer_of_" .. name .. "_refuses", function()
      fresh()
      put(GATE .. "/answers/" .. NAME, answer[1])
      refused(answer[2])
   end)
end
case("a_silent_backend_refuses_at_once", function()
   fresh()
   put(GATE .. "/answers/heartbeat", string.format("%d\n", os.time() - 31))
   refused("has not been heard for 30 seconds")
   same(nil, get(GATE .. "/asked/" .. NAME), "asked")
end)
case("a_wait_has_a_limit", function()
   fresh(", gate_limit_seconds = 1")
   refused("gave no answer in time")
end)

-- ---- whose job ------------------------------------------------------------------------------------------------------------------
for name, change in pairs({
   plain = { SLURM_JOB_COMMENT = false }, with_a_forged_mark = {}, with_another_comment = { SLURM_JOB_COMMENT = "x;reboot" }, without_a_partition = { SLURM_JOB_PARTITION = false },
}) do
   case("a_strangers_job_" .. name .. "_starts_in_other_partitions", function()
      fresh(', partitions = { "sealed" }')
      same(0, run("ask", environment(with({ SLURM_JOB_UID = "1000", SLURM_JOB_PARTITION = "open" }, change))), "code")
      same(0, #said, "said")
      same(nil, get(GATE .. "/asked/" .. NAME), "asked")
   end)
end
case("a_strangers_job_with_a_forged_mark_does_not_start_in_our_partition", function()
   fresh(', partitions = { "sealed" }')
   put(GATE .. "/answers/" .. NAME, "1 go ok vmhost[1-2]\n")
   refused("not a placeholder", environment({ SLURM_JOB_UID = "1000" }))
   same(nil, get(GATE .. "/asked/" .. NAME), "asked")
end)
case("the_backends_job_does_not_start_in_another_partition", function()
   fresh(', partitions = { "sealed" }')
   put(GATE .. "/answers/" .. NAME, "1 go ok vmhost[1-2]\n")
   refused("not a placeholder", environment({ SLURM_JOB_PARTITION = "open" }))
end)
case("a_placeholder_of_a_shared_slurm_starts", function()
   fresh(', partitions = { "sealed" }')
   put(GATE .. "/answers/" .. NAME, "1 go ok vmhost[1-2]\n")
   same(0, run("ask"), "code")
end)
for name, value in pairs({ SLURM_JOB_COMMENT = "cloister:1:7:012:1", SLURM_JOB_ID = "345;reboot", SLURM_JOB_RESTART_COUNT = "1x", SLURM_JOB_UID = "5000x", SLURM_JOB_NODELIST = "n1;reboot" }) do
   for kind, given in pairs({ strange = value, missing = false }) do
      case("a_" .. kind .. "_" .. name .. "_refuses", function()
         fresh()
         refused(name == "SLURM_JOB_NODELIST" and "Slurm names no nodes" or "not a placeholder", environment({ [name] = given }))
      end)
   end
end
case("the_first_driver_leaves_it_to_the_burst_buffer", function()
   fresh()
   put(FOLDER .. "/cloister.lua", 'return { backend_uids = { 5000 }, gate = "' .. GATE .. '" }')
   same(0, run("ask"), "code")
   same(0, run("forget"), "code")
   same(nil, get(GATE .. "/asked/" .. NAME), "asked")
end)

-- ---- a broken configuration ---------------------------------------------------------------------------------------------------------
for name, text in pairs({ missing = false, unfinished = "return {", of_another_key = 'return { backend_uids = { 5000 }, gate = "/gate", gate_drivers = "prolog" }' }) do
   case("a_configuration_that_is_" .. name .. "_keeps_placeholders_from_starting_and_nothing_else", function()
      fresh()
      if text then put(FOLDER .. "/cloister.lua", text) else os.remove(FOLDER .. "/cloister.lua") end
      refused("until an administrator mends")
      same(0, run("ask", environment({ SLURM_JOB_COMMENT = "theirs" })), "another")
      same(0, run("ask", environment({ SLURM_JOB_COMMENT = false })), "without a comment")
   end)
end

-- ---- afterwards ---------------------------------------------------------------------------------------------------------------------
case("what_a_placeholder_asked_is_removed_and_nothing_else", function()
   fresh()
   for _, name in ipairs({ NAME, "7.12.1.345.1", "7.12.1.3456.0", "7.345.1.9.0" }) do put(GATE .. "/asked/" .. name, "1 n\n") end
   same(0, run("forget"), "code")
   same(nil, get(GATE .. "/asked/" .. NAME), "first")
   same(nil, get(GATE .. "/asked/7.12.1.345.1"), "restart")
   for _, name in ipairs({ "7.12.1.3456.0", "7.345.1.9.0" }) do same("1 n\n", get(GATE .. "/asked/" .. name), name) end
end)
case("a_strangers_end_removes_nothing", function()
   fresh()
   put(GATE .. "/asked/" .. NAME, "1 n\n")
   same(0, run("forget", environment({ SLURM_JOB_COMMENT = false })), "code")
   same("1 n\n", get(GATE .. "/asked/" .. NAME), "asked")
end)
case("a_strange_job_id_removes_nothing", function()
   fresh()
   put(GATE .. "/asked/" .. NAME, "1 n\n")
   same(1, run("forget", environment({ SLURM_JOB_ID = "*" })), "code")
   same("1 n\n", get(GATE .. "/asked/" .. NAME), "asked")
end)
