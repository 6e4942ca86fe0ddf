-- The rules of global/job_submit.lua.
local BACKEND = 5000.0
CLOISTER_FOLDER = SCRATCH .. "/slurm"
shell("mkdir -p " .. CLOISTER_FOLDER .. " && cp " .. PLUGINS .. "/global/*.lua " .. CLOISTER_FOLDER)

local function configured(text)
   put(CLOISTER_FOLDER .. "/cloister.lua", text)
   dofile(CLOISTER_FOLDER .. "/job_submit.lua")
end

local ALONE = 'return { backend_uids = { 5000 }, admin_uids = { 0, 64030 }, gate = "/gate" }'
local SHARED = 'return { backend_uids = { 5000 }, gate = "/gate", partitions = { "sealed", "sealed-gpu" }, gres = { "gpu" } }'

local SCRIPT = "#!/bin/sh\ntrap 'kill $!; exit 0' USR1; while :; do sleep 1000 & wait $!; done\n"
-- The backend's request as job_submit/lua of Slurm 24.11 showed it, field by field, when slurmrestd handed it on.
local function request(more)
   return with({
      account = "p7", alloc_node = "head", argc = 0.0, assoc_qos = "normal", begin_time = 0.0, bitflags = 134217728.0, boards_per_node = 0.0,
      comment = "cloister:1:7:12:1", contiguous = NO_VAL16, cores_per_socket = NO_VAL16, cpu_freq_min = NO_VAL, cpu_freq_max = NO_VAL, cpu_freq_gov = NO_VAL,
      cpus_per_task = 4.0, cron_job = false, default_account = "p7", delay_boot = NO_VAL, end_time = 0.0, environment = { PATH = "/usr/bin:/bin" },
      group_id = BACKEND, immediate = 0.0, mail_type = NO_VAL16, max_cpus = NO_VAL, max_nodes = NO_VAL, min_cpus = NO_VAL, min_mem_per_cpu = 1024.0,
      min_nodes = NO_VAL, name = "cloister", nice = NO_VAL, ntasks_per_board = 0.0, ntasks_per_core = NO_VAL16, ntasks_per_gpu = NO_VAL16,
      ntasks_per_node = NO_VAL16, ntasks_per_socket = NO_VAL16, ntasks_per_tres = NO_VAL16, num_tasks = 2.0, het_job_offset = NO_VAL, partition = "batch",
      pn_min_cpus = NO_VAL16, pn_min_tmp_disk = NO_VAL, priority = NO_VAL, reboot = NO_VAL16, req_switch = NO_VAL, requeue = 0.0, script = SCRIPT, shared = NO_VAL16,
      site_factor = NO_VAL, sockets_per_board = 0.0, sockets_per_node = NO_VAL16, spank_job_env_size = 0.0, std_err = "/dev/null", std_in = "/dev/null",
      std_out = "/dev/null", threads_per_core = NO_VAL16, time_limit = 10.0, time_min = NO_VAL, user_id = BACKEND, user_name = "cloister", wait4switch = NO_VAL,
      work_dir = "/", wckey = "m1",
   }, more)
end

local function submit(job, uid, partitions) return slurm_job_submit(job, partitions or {}, uid or BACKEND) end

local function refused(job, uid, words, partitions)
   local before = with(job)
   same(slurm.ESLURM_ACCESS_DENIED, submit(job, uid, partitions), "code")
   holds(told("user"), words)
   holds(told("log"), "cloister: refused to submit")
   for key, value in pairs(before) do same(value, job[key], key) end
end

configured(ALONE)

case("the_backend_may_submit_a_placeholder", function() same(slurm.SUCCESS, submit(request()), "code") end)

case("the_script_is_the_fixed_one_to_the_byte", function()
   local job = request()
   submit(job)
   same(SCRIPT, job.script, "script")
end)

for field, value in pairs({
   burst_buffer = "#BB_LUA cloister", requeue = 0, name = "cloister", work_dir = "/", std_in = "/dev/null", std_out = "/dev/null", std_err = "/dev/null",
}) do
   case("a_placeholder_gets_the_fixed_" .. field, function()
      local job = request()
      job[field] = nil
      same(slurm.SUCCESS, submit(job), "code")
      same(value, job[field], field)
   end)
end

case("what_the_scheduler_needs_is_left_as_it_is", function()
   local job, before = request(), request()
   submit(job)
   for _, field in ipairs({ "account", "wckey", "partition", "time_limit", "num_tasks", "cpus_per_task", "min_mem_per_cpu", "min_nodes", "comment" }) do
      same(before[field], job[field], field)
   end
end)

for who, uid in pairs({ root = 0.0, slurm = 64030.0, a_user = 1000.0, a_neighbour_of_the_backend = 5001.0, nobody = NO_VAL }) do
   case(who .. "_may_not_submit", function() refused(request({ user_id = uid }), uid, "only the Cloister backend may submit") end)
end

for name, comment in pairs({
   missing = false, empty = "", zero = "cloister:1:0:1:1", leading_zero = "cloister:1:7:012:1", too_large = "cloister:1:7:2147483648:1", very_long = "cloister:1:7:99999999999:1",
   followed_by_text = "cloister:1:7:12:1 x", preceded_by_text = " cloister:1:7:12:1", of_another_version = "cloister:2:7:12:1", short = "cloister:1:7:12",
   long = "cloister:1:7:12:1:1", signed = "cloister:1:-7:12:1", hexadecimal = "cloister:1:0x7:12:1", on_two_lines = "cloister:1:7:12:1\n", of_letters = "cloister:1:a:12:1",
}) do
   case("a_comment_that_is_" .. name .. "_is_refused", function()
      local job = request()
      job.comment = comment or nil
      refused(job, BACKEND, "the comment is not the mark")
   end)
end

case("the_largest_numbers_are_a_mark", function()
   same(slurm.SUCCESS, submit(request({ comment = "cloister:1:2147483647:2147483647:2147483647" })), "code")
end)

-- ---- what a hostile request could set ---------------------------------------------------------------------------------------------
for _, field in ipairs({
   "array_inx", "dependency", "licenses", "reservation", "req_nodes", "exc_nodes", "features", "batch_features", "prefer", "clusters", "container",
   "network", "mail_user", "extra", "admin_comment", "selinux_context", "cpus_per_tres", "mem_per_tres", "tres_bind", "tres_freq", "mcs_label", "acctg_freq",
}) do
   case("a_placeholder_with_" .. field .. "_is_refused", function()
      refused(request({ [field] = "1" }), BACKEND, "a placeholder may not set " .. field)
   end)
   case("an_empty_" .. field .. "_is_not_a_request", function() same(slurm.SUCCESS, submit(request({ [field] = "" })), "code") end)
end
for field, values in pairs({
   begin_time = { 1790000000.0 }, end_time = { 1790000000.0 }, argc = { 1.0 }, spank_job_env_size = { 1.0 }, immediate = { 1.0 }, priority = { 0.0, 65534.0, INFINITE },
   nice = { 0.0, 2147483647.0, 2147483748.0 }, site_factor = { 5.0, -5.0 }, shared = { 0.0, 1.0, 2.0, 3.0 }, time_min = { 1.0 }, contiguous = { 1.0 }, reboot = { 1.0 },
   mail_type = { 1.0, 65535.0 }, delay_boot = { 1.0 }, req_switch = { 1.0 }, wait4switch = { 1.0 }, cpu_freq_min = { 1.0 }, cpu_freq_max = { 1.0 }, cpu_freq_gov = { 1.0 },
}) do
   for place, value in ipairs(values) do
      case("a_placeholder_with_" .. field .. "_" .. place .. "_is_refused", function()
         refused(request({ [field] = value }), BACKEND, "a placeholder may not set " .. field)
      end)
   end
end
for field, value in pairs({ immediate = NO_VAL, contiguous = 0.0, reboot = 0.0, mail_type = 0.0, nice = 2147483648.0, site_factor = 0.0, delay_boot = 0.0 }) do
   case("the_other_way_to_leave_out_" .. field .. "_is_not_a_request", function() same(slurm.SUCCESS, submit(request({ [field] = value })), "code") end)
end
for field, value in pairs({
   script = SCRIPT .. "id\n", name = "covid-cohort", work_dir = "/home/alice", std_in = "/etc/shadow", std_out = "/home/alice/out", std_err = "slurm-%j.out",
}) do
   case("another_" .. field .. "_is_refused", function() refused(request({ [field] = value }), BACKEND, "the " .. field .. " is not a placeholder's") end)
end
for name, variables in pairs({ LD_PRELOAD = { LD_PRELOAD = "/x.so" }, BASH_ENV = { BASH_ENV = "/x" }, ENV = { ENV = "/x" }, LD_LIBRARY_PATH = { LD_LIBRARY_PATH = "" }, PATH = { PATH = "/home/x" } }) do
   case("an_environment_with_" .. name .. "_is_refused", function()
      refused(request({ environment = variables }), BACKEND, "in its environment")
      holds(told("user"), name)
   end)
end
case("a_job_without_an_environment_is_not_refused_for_it", function()
   local job = request()
   job.environment = nil
   same(slurm.SUCCESS, submit(job), "code")
end)
case("another_burst_buffer_is_refused", function() refused(request({ burst_buffer = "#BB_LUA other" }), BACKEND, "may not set burst_buffer") end)
case("the_gates_own_burst_buffer_is_not_refused", function() same(slurm.SUCCESS, submit(request({ burst_buffer = "#BB_LUA cloister" })), "code") end)
case("a_job_for_another_user_is_refused", function() refused(request({ user_id = 1000.0 }), BACKEND, "belongs to the user who submits it") end)
case("a_cron_job_is_refused", function() refused(request({ cron_job = true }), BACKEND, "not a cron job") end)
for name, text in pairs({ of_two_words = "p7 x", of_a_path = "../p7", on_two_lines = "p7\n", too_long = ("p"):rep(65), of_a_command = "p7;id", signed = "-p7" }) do
   for _, field in ipairs({ "account", "wckey", "qos" }) do
      case("the_" .. field .. "_" .. name .. "_is_refused", function() refused(request({ [field] = text }), BACKEND, "the " .. field .. " is not a plain name") end)
   end
end
case("a_part_of_a_heterogeneous_job_is_refused", function() refused(request({ het_job_offset = 0.0 }), BACKEND, "heterogeneous") end)
case("an_allocation_without_a_script_is_refused", function()
   local job = request()
   job.script = nil
   refused(job, BACKEND, "a placeholder is a batch job")
end)
for name, limit in pairs({ none = NO_VAL, infinite = INFINITE, zero = 0.0 }) do
   case("a_time_limit_that_is_" .. name .. "_is_refused", function() refused(request({ time_limit = limit }), BACKEND, "needs a time limit") end)
end

case("gres_is_refused_where_the_site_allows_none", function() refused(request({ tres_per_node = "gres/gpu:1" }), BACKEND, "this gres is not among") end)
case("cpus_asked_as_tres_are_no_gres", function() same(slurm.SUCCESS, submit(request({ tres_per_task = "cpu=4" })), "code") end)

case("an_error_in_the_rules_refuses", function()
   local job = setmetatable({}, { __index = function(_, key) error("no field " .. key) end })
   same(slurm.ESLURM_ACCESS_DENIED, submit(job), "code")
   holds(told("user"), "could not be judged and is refused")
   holds(told("log"), "refused to submit after an error")
end)

case("nothing_of_a_refused_job_is_logged", function()
   refused(request({ script = "canary-script", name = "canary-name", comment = "canary-comment", work_dir = "/canary" }), 1000.0, "only the Cloister backend")
   for _, field in ipairs({ "script", "name", "comment", "work_dir", "std_out", "dependency", "licenses", "features", "account", "burst_buffer", "extra" }) do
      refused(request({ [field] = "canary/" .. field }), BACKEND, "")
   end
   lacks(told("log") .. told("user"), "canary")
end)

-- ---- modify ---------------------------------------------------------------------------------------------------------------
local RECORD = { user_id = BACKEND, partition = "batch", comment = "cloister:1:7:12:1" }
local function modify(job, uid, record) return slurm_job_modify(job, record or RECORD, {}, uid) end

for who, uid in pairs({ the_backend = BACKEND, root = 0.0, slurm = 64030.0 }) do
   case(who .. "_may_move_the_time_limit", function() same(slurm.SUCCESS, modify({ time_limit = 90.0 }, uid), "code") end)
   for _, field in ipairs({ "comment", "script", "burst_buffer", "name", "work_dir", "std_in", "std_out", "std_err" }) do
      case(who .. "_may_not_change_the_" .. field, function()
         same(slurm.ESLURM_ACCESS_DENIED, modify({ [field] = "cloister:1:7:12:2" }, uid), "code")
         holds(told("user"), "the " .. field .. " of a placeholder is never changed")
      end)
   end
end
for _, field in ipairs({ "dependency", "licenses", "reservation", "features", "exc_nodes", "mail_user", "array_inx", "clusters" }) do
   case("the_backend_may_not_give_a_placeholder_a_" .. field, function()
      same(slurm.ESLURM_ACCESS_DENIED, modify({ [field] = "x" }, BACKEND), "code")
      holds(told("user"), "a placeholder may not set " .. field)
   end)
   case("an_administrator_may_give_a_placeholder_a_" .. field, function() same(slurm.SUCCESS, modify({ [field] = "x" }, 0.0), "code") end)
end
case("the_backend_may_give_hosts_back", function() same(slurm.SUCCESS, modify({ req_nodes = "vmh1" }, BACKEND), "code") end)
for _, field in ipairs({ "extra", "admin_comment" }) do
   case("the_backend_may_write_figures_into_" .. field, function() same(slurm.SUCCESS, modify({ [field] = "cloister:1:used:1:2:3:0" }, BACKEND), "code") end)
   for name, text in pairs({ words = "cohort 7", a_line = "cloister:1:used:1\n", much = "cloister:1:" .. ("1"):rep(246) }) do
      case("the_backend_may_not_write_" .. name .. "_into_" .. field, function()
         same(slurm.ESLURM_ACCESS_DENIED, modify({ [field] = text }, BACKEND), "code")
         holds(told("user"), "the " .. field .. " holds more than figures")
      end)
   end
end
case("a_hold_and_a_release_of_an_administrator_pass", function()
   same(slurm.SUCCESS, modify({ priority = 0.0 }, 0.0), "hold")
   same(slurm.SUCCESS, modify({ priority = INFINITE }, 0.0), "release")
end)
case("a_placeholder_is_not_made_to_requeue", function()
   same(slurm.ESLURM_ACCESS_DENIED, modify({ requeue = 1.0 }, BACKEND), "code")
   same(slurm.SUCCESS, modify({ requeue = NO_VAL16 }, BACKEND), "code")
end)
case("others_may_not_modify", function()
   same(slurm.ESLURM_ACCESS_DENIED, modify({ time_limit = 90.0 }, 1000.0), "code")
   holds(told("user"), "only the Cloister backend and administrators")
end)
case("an_error_in_modify_refuses", function() same(slurm.ESLURM_ACCESS_DENIED, modify(nil, BACKEND), "code") end)

-- ---- the configuration ------------------------------------------------------------------------------------------------------
for name, text in pairs({
   without_uids = 'return { gate = "/gate" }', with_no_uid = 'return { backend_uids = {}, gate = "/gate" }', with_a_name_for_a_uid = 'return { backend_uids = { "cloister" }, gate = "/gate" }',
   with_an_unknown_key = 'return { backend_uids = { 5000 }, gate = "/gate", parttions = { "sealed" } }', without_a_gate = "return { backend_uids = { 5000 } }",
   with_a_relative_gate = 'return { backend_uids = { 5000 }, gate = "gate" }', with_a_gate_for_a_shell = 'return { backend_uids = { 5000 }, gate = "/gate;reboot" }',
   with_a_gate_that_climbs = 'return { backend_uids = { 5000 }, gate = "/gate/../etc" }', that_is_broken = "return {", that_returns_nothing = "local x = 1", that_calls_out = 'os.exit(1)',
   with_a_uid_for_a_list = 'return { backend_uids = 5000, gate = "/gate" }', with_half_a_uid = 'return { backend_uids = { 5000.5 }, gate = "/gate" }', with_a_hole = 'return { backend_uids = { [2] = 5000 }, gate = "/gate" }',
   with_no_wait = 'return { backend_uids = { 5000 }, gate = "/gate", gate_limit_seconds = 0 }', with_a_strange_partition = 'return { backend_uids = { 5000 }, gate = "/gate", partitions = { "a b" } }',
   with_a_strange_gres = 'return { backend_uids = { 5000 }, gate = "/gate", gres = { "gpu:1" } }', with_a_strange_driver = 'return { backend_uids = { 5000 }, gate = "/gate", gate_driver = "none" }', with_a_strange_admin = 'return { backend_uids = { 5000 }, gate = "/gate", admin_uids = { -1 } }',
}) do
   case("a_configuration_" .. name .. "_shuts_the_door_for_everyone", function()
      configured(text)
      refused(request(), BACKEND, "until an administrator mends " .. CLOISTER_FOLDER .. "/cloister.lua")
   end)
   case("a_configuration_" .. name .. "_lets_nobody_modify", function()
      configured(text)
      same(slurm.ESLURM_ACCESS_DENIED, modify({ time_limit = 90.0 }, 0.0), "code")
      holds(told("user"), "no job can be changed until an administrator mends")
   end)
end
case("what_is_wrong_with_a_broken_configuration_is_said", function()
   configured("return {")
   holds(told("log"), "cloister.lua:1:")
end)
case("what_goes_wrong_in_a_configuration_is_said", function()
   configured("error('no such site')")
   holds(told("log"), "every submit is refused")
   lacks(told("log"), "does not return a table")
end)
case("a_missing_configuration_shuts_the_door_for_everyone", function()
   os.remove(CLOISTER_FOLDER .. "/cloister.lua")
   dofile(CLOISTER_FOLDER .. "/job_submit.lua")
   refused(request(), BACKEND, "until an administrator mends")
end)
case("the_example_is_a_configuration", function()
   local config, trouble = dofile(CLOISTER_FOLDER .. "/cloister_config.lua")(PLUGINS .. "/global/cloister.lua.example")
   same(nil, trouble, "trouble")
   same(5000, config.backend_uids[1], "uid")
   same(890, config.gate_limit_seconds, "limit")
   holds(get(PLUGINS .. "/global/burst_buffer.conf"), "OtherTimeout=900")
end)

-- ---- a Slurm shared with others -----------------------------------------------------------------------------------------------
configured(SHARED)
local PARTITIONS = { sealed = { flag_default = 0.0 }, open = { flag_default = 1.0 } }

case("on_a_shared_slurm_others_use_other_partitions_freely", function()
   local job = request({ partition = "open", comment = "mine", user_id = 1000.0 })
   same(slurm.SUCCESS, submit(job, 1000.0, PARTITIONS), "code")
   same("mine", job.comment, "comment")
   same(nil, job.burst_buffer, "burst_buffer")
end)
case("on_a_shared_slurm_others_may_use_the_default_partition", function()
   local job = request()
   job.partition = nil
   same(slurm.SUCCESS, submit(job, 1000.0, PARTITIONS), "code")
end)
case("on_a_shared_slurm_others_may_not_use_our_partitions", function() refused(request({ partition = "open,sealed" }), 1000.0, "only the Cloister backend", PARTITIONS) end)
case("on_a_shared_slurm_a_default_partition_of_ours_is_shut", function()
   local job = request()
   job.partition = nil
   refused(job, 1000.0, "only the Cloister backend", { sealed = { flag_default = 1.0 } })
end)
case("on_a_shared_slurm_the_backend_stays_in_our_partitions", function()
   refused(request({ partition = "sealed,open" }), BACKEND, "belongs in Cloister's own partitions", PARTITIONS)
   same(slurm.SUCCESS, submit(request({ partition = "sealed" }), BACKEND, PARTITIONS), "code")
end)
case("on_a_shared_slurm_other_jobs_are_modified_freely", function()
   same(slurm.SUCCESS, modify({ comment = "x" }, 1000.0, { user_id = 1000.0, partition = "open" }), "code")
end)
case("on_a_shared_slurm_no_placeholder_moves_out_of_our_partitions", function()
   same(slurm.ESLURM_ACCESS_DENIED, modify({ partition = "open" }, BACKEND, { user_id = BACKEND, partition = "sealed" }), "code")
   same(slurm.SUCCESS, modify({ partition = "sealed-gpu" }, BACKEND, { user_id = BACKEND, partition = "sealed" }), "code")
end)
case("on_a_shared_slurm_no_job_moves_into_our_partitions", function()
   same(slurm.ESLURM_ACCESS_DENIED, modify({ partition = "sealed" }, 1000.0, { user_id = 1000.0, partition = "open" }), "code")
end)
case("on_a_shared_slurm_our_jobs_are_ours", function()
   same(slurm.ESLURM_ACCESS_DENIED, modify({ time_limit = 1.0 }, 1000.0, { user_id = BACKEND, partition = "sealed" }), "code")
end)
for name, gres in pairs({ a_kind = "gres/gpu:2", a_type = "gres/gpu:a100:2", an_equals_sign = "gres/gpu=2", the_old_way = "gpu:2", cpus_beside_it = "cpu=2,gres/gpu:1" }) do
   case("allowed_gres_with_" .. name .. "_passes", function()
      same(slurm.SUCCESS, submit(request({ partition = "sealed", tres_per_node = gres }), BACKEND, PARTITIONS), "code")
   end)
end
for _, field in ipairs({ "tres_per_job", "tres_per_node", "tres_per_socket", "tres_per_task" }) do
   case("another_gres_in_" .. field .. "_is_refused", function()
      refused(request({ partition = "sealed", [field] = "gres/gpu:1,gres/shard:1" }), BACKEND, "this gres is not among", PARTITIONS)
   end)
end

-- ---- the other gate -------------------------------------------------------------------------------------------------------------
configured('return { backend_uids = { 5000 }, gate = "/gate", gate_driver = "prolog" }')
case("with_the_prologs_gate_a_placeholder_asks_for_no_burst_buffer", function()
   local job = request()
   same(slurm.SUCCESS, submit(job), "code")
   same("", job.burst_buffer, "burst_buffer")
end)
case("with_the_prologs_gate_a_burst_buffer_is_refused", function() refused(request({ burst_buffer = "#BB_LUA cloister" }), BACKEND, "may not set burst_buffer") end)
