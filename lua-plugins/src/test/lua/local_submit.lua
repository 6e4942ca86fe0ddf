-- The refusals of local/job_submit.lua.
CLOISTER_LIMITS = SCRATCH .. "/cloister-limits.lua"
CLOISTER_BELL = SCRATCH .. "/asked"
local function limits(text) put(CLOISTER_LIMITS, text) end
local SITE = "return { max_cpus = 4, max_mem_mib = 3072, max_workers = 8, max_term_min = 480, reserve_mem_mib = 272 }"
limits(SITE)
dofile(PLUGINS .. "/local/job_submit.lua")

-- As sbatch sends it when nothing is asked.
local function request(more)
   return with({
      min_nodes = NO_VAL, max_nodes = NO_VAL, num_tasks = NO_VAL, cpus_per_task = NO_VAL16, ntasks_per_node = NO_VAL16, pn_min_cpus = NO_VAL16, min_cpus = 1.0,
      time_limit = NO_VAL, pn_min_tmp_disk = NO_VAL, name = "n", script = "#!/bin/sh\n", comment = "c",
   }, more)
end

local function accepted(more)
   local job = request(more)
   same(slurm.SUCCESS, slurm_job_submit(job, {}, 2001.0), "code")
   same("", told("user"), "told")
   return job
end

local function refused(more, words)
   same(slurm.ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE, slurm_job_submit(request(more), {}, 2001.0), "code")
   holds(told("user"), "No worker can hold this job: " .. words)
   holds(told("user"), "The largest worker has 4 CPUs and 2800 MiB of memory for jobs; a job may use up to 8 workers for up to 480 minutes. Ask for less.")
end

case("a_job_that_asks_nothing_is_accepted", function() accepted() end)
case("a_job_without_a_limit_gets_an_hour", function() same(60, accepted().time_limit, "time_limit") end)
case("a_job_keeps_its_own_limit", function() same(480.0, accepted({ time_limit = 480.0 }).time_limit, "time_limit") end)
case("the_default_is_the_longest_term_where_that_is_shorter", function()
   limits((SITE:gsub("480", "30")))
   same(30, accepted().time_limit, "time_limit")
   limits(SITE)
end)
case("the_default_can_be_set", function()
   limits((SITE:gsub(" }", ", default_time_min = 15 }")))
   same(15, accepted().time_limit, "time_limit")
   limits(SITE)
end)
case("the_limits_are_read_at_each_submit", function()
   limits((SITE:gsub("max_cpus = 4", "max_cpus = 2")))
   same(slurm.ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE, slurm_job_submit(request({ cpus_per_task = 4.0, min_cpus = 4.0 }), {}, 2001.0), "code")
   limits(SITE)
end)

case("the_most_nodes_are_accepted", function() accepted({ min_nodes = 8.0, max_nodes = 8.0 }) end)
case("too_many_nodes_are_refused", function() refused({ min_nodes = 9.0 }, "it asks for 9 nodes") end)
case("the_most_cpus_per_task_are_accepted", function() accepted({ cpus_per_task = 4.0, min_cpus = 4.0 }) end)
case("too_many_cpus_per_task_are_refused", function() refused({ cpus_per_task = 5.0, min_cpus = 5.0 }, "it asks for 5 CPUs per task") end)
case("too_many_cpus_on_a_node_are_refused", function() refused({ pn_min_cpus = 5.0 }, "it asks for 5 CPUs on one node") end)
case("tasks_that_fill_a_node_are_accepted", function() accepted({ ntasks_per_node = 2.0, cpus_per_task = 2.0, min_nodes = 2.0, min_cpus = 8.0 }) end)
case("too_many_tasks_on_a_node_are_refused", function() refused({ ntasks_per_node = 3.0, cpus_per_task = 2.0 }, "it asks for 3 tasks on one node, 6 CPUs") end)
case("too_many_cpus_in_all_are_refused", function() refused({ min_cpus = 33.0 }, "it asks for 33 CPUs in all") end)
case("as_many_tasks_as_fit_are_accepted", function() accepted({ num_tasks = 8.0, cpus_per_task = 3.0, min_cpus = 24.0 }) end)
case("tasks_that_do_not_fit_side_by_side_are_refused", function()
   refused({ num_tasks = 9.0, cpus_per_task = 3.0, min_cpus = 27.0 }, "its 9 tasks need more than the 8 workers")
end)
case("tasks_that_do_not_fit_on_the_nodes_asked_are_refused", function()
   refused({ num_tasks = 9.0, max_nodes = 2.0, min_cpus = 9.0 }, "its 9 tasks need more than the 2 workers")
end)
case("tasks_that_overcommit_are_left_to_slurm", function() accepted({ num_tasks = 100.0, min_cpus = 1.0 }) end)

case("the_most_memory_of_a_node_is_accepted", function() accepted({ min_mem_per_node = 2800.0 }) end)
case("all_memory_of_a_node_is_accepted", function() accepted({ min_mem_per_node = 0.0 }) end)
case("too_much_memory_of_a_node_is_refused", function() refused({ min_mem_per_node = 2801.0 }, "it asks for 2801 MiB of memory on one node") end)
case("the_most_memory_for_each_cpu_is_accepted", function() accepted({ min_mem_per_cpu = 700.0, cpus_per_task = 4.0, min_cpus = 4.0 }) end)
case("too_much_memory_for_each_cpu_is_refused", function() refused({ min_mem_per_cpu = 2801.0 }, "it asks for 2801 MiB of memory on one node (2801 MiB for each CPU)") end)
case("too_much_memory_for_the_cpus_of_a_task_is_refused", function() refused({ min_mem_per_cpu = 701.0, cpus_per_task = 4.0, min_cpus = 4.0 }, "it asks for 2804 MiB") end)
case("too_much_memory_for_the_tasks_of_a_node_is_refused", function() refused({ min_mem_per_cpu = 701.0, ntasks_per_node = 4.0, min_cpus = 4.0 }, "it asks for 2804 MiB") end)
case("tasks_that_memory_keeps_apart_are_refused", function()
   refused({ num_tasks = 9.0, min_mem_per_cpu = 1500.0, min_cpus = 9.0 }, "its 9 tasks need more than the 8 workers")
end)

case("too_much_time_is_refused", function() refused({ time_limit = 481.0 }, "it asks for more time than the 480 minutes") end)
case("endless_time_is_refused", function() refused({ time_limit = INFINITE }, "it asks for more time than the 480 minutes") end)

for name, gres in pairs({ per_node = { tres_per_node = "gres/gpu:1" }, per_job = { tres_per_job = "gres/gpu:1" }, per_task = { tres_per_task = "cpu=1,gres/gpu:1" }, per_socket = { tres_per_socket = "gpu:1" } }) do
   case("gpus_" .. name .. "_are_refused_where_there_are_none", function() refused(gres, "it asks for a GPU") end)
end
case("cpus_as_tres_are_accepted", function() accepted({ tres_per_task = "cpu=1" }) end)
local GPUS = SITE:gsub(" }", ", max_gpus = 2, gpu_a = 1, gpu_c = 1 }")
local function case_with_gpus(name, act)
   case(name, function()
      limits(GPUS)
      act()
      limits(SITE)
   end)
end
local function refused_gpus(more, words)
   same(slurm.ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE, slurm_job_submit(request(more), {}, 2001.0), "code")
   holds(told("user"), "No worker can hold this job: " .. words)
   holds(told("user"), "The largest worker has 4 CPUs, 2 GPUs (a, c) and 2800 MiB of memory")
   lacks(told("user"), "canary")
   unsay()
end
case_with_gpus("gpus_are_accepted_in_each_of_slurms_ways", function()
   for _, text in ipairs({ "gres/gpu", "gres/gpu:2", "gres/gpu=2", "gres/gpu:a:2", "gres/gpu:c=1", "gres:gpu:2", "gpu:2", "gres/gpu:0" }) do
      accepted({ tres_per_node = text })
      accepted({ tres_per_job = text })
   end
   accepted({ tres_per_task = "cpu=1,gres/gpu:a=1", num_tasks = 16.0, min_cpus = 16.0 })
   accepted({ tres_per_job = "gres/gpu:16" })
   accepted({ tres_per_job = "gres/gpu:2", min_nodes = 1.0, max_nodes = 1.0 })
end)
case_with_gpus("more_gpus_than_a_worker_has_are_refused_with_the_nearest_that_fits", function()
   refused_gpus({ tres_per_node = "gres/gpu:8" }, "no shape has 8 GPUs on one node; the nearest that there is has 2 GPUs.")
   refused_gpus({ tres_per_task = "gres/gpu=3" }, "no shape has 3 GPUs on one node; the nearest")
   refused_gpus({ tres_per_task = "gres/gpu=1", ntasks_per_node = 3.0 }, "no shape has 3 GPUs on one node; the nearest")
   refused_gpus({ tres_per_job = "gres/gpu:3", max_nodes = 1.0 }, "no shape has 3 GPUs; the nearest")
   refused_gpus({ tres_per_job = "gres/gpu:17" }, "it asks for 17 GPUs in all, and the 8 workers that it may use have up to 16.")
   refused_gpus({ tres_per_job = "gres/gpu:5", max_nodes = 2.0 }, "it asks for 5 GPUs in all, and the 2 workers")
   refused_gpus({ tres_per_task = "gres/gpu=1", num_tasks = 17.0, min_cpus = 17.0 }, "it asks for 17 GPUs in all")
end)
case_with_gpus("gpus_of_a_kind_that_is_not_there_are_refused", function()
   refused_gpus({ tres_per_node = "gres/gpu:b:1" }, "no shape has GPUs of that kind; the kinds here are a, c.")
   refused_gpus({ tres_per_job = "gres/gpu:canary:1" }, "no shape has GPUs of that kind")
end)
case_with_gpus("gpus_that_no_single_worker_could_have_are_refused", function()
   refused_gpus({ tres_per_job = "gres/gpu:a:1,gres/gpu:c:1" }, "it asks for GPUs twice")
   refused_gpus({ tres_per_node = "gres/gpu:a:1", tres_per_job = "gres/gpu:c:1" }, "it asks for GPUs of two kinds")
   refused_gpus({ tres_per_socket = "gres/gpu:1" }, "it asks for GPUs of each socket; ask for those of each node (--gpus-per-node)")
   refused_gpus({ tres_per_node = "gres/canary:1" }, "it asks for a device that workers here do not have")
   refused_gpus({ tres_per_node = "gres/gpu:1000000000000" }, "it asks for GPUs in words that are not understood")
   refused_gpus({ tres_per_node = "gres/gpu:1k" }, "it asks for GPUs in words that are not understood")
end)
case_with_gpus("a_kind_of_gpu_is_the_only_feature_there_is", function()
   accepted({ features = "gpu-a", tres_per_node = "gres/gpu:1" })
   accepted({ features = "gpu-c" })
   for _, features in ipairs({ "gpu-b", "canary", "gpu-a|gpu-c", "gpu-a&gpu-c", "[gpu-a]", "gpu-a*2", "(gpu-a)", "gpu-a ", "!gpu-a", "gpu-a,gpu-c" }) do
      refused_gpus({ features = features }, "it asks for features (--constraint) that workers here do not have: it may name one of gpu-a, gpu-c, without operators.")
   end
end)
case("too_much_scratch_is_refused_where_it_is_known", function()
   accepted({ pn_min_tmp_disk = 100000.0 })
   limits((SITE:gsub(" }", ", max_scratch_mib = 1024 }")))
   accepted({ pn_min_tmp_disk = 1024.0 })
   refused({ pn_min_tmp_disk = 1025.0 }, "it asks for 1025 MiB of temporary disk")
   limits(SITE)
end)

for name, text in pairs({
   missing = false, broken = "return {", short = "return { max_cpus = 4 }", of_words = (SITE:gsub("= 4,", '= "4",')), negative = (SITE:gsub("= 8", "= -8")), without_memory = (SITE:gsub("3072", "272")),
   with_an_unknown_key = (SITE:gsub(" }", ", max_nodes = 3 }")), calling_out = "os.exit(1)", without_cpus = (SITE:gsub("max_cpus = 4", "max_cpus = 0")),
   without_workers = (SITE:gsub("max_workers = 8", "max_workers = 0")), without_time = (SITE:gsub("480", "0")), of_fractions = (SITE:gsub("= 4,", "= 4.5,")),
}) do
   case("limits_that_are_" .. name .. "_refuse_every_job", function()
      if text then limits(text) else os.remove(CLOISTER_LIMITS) end
      same(slurm.ERROR, slurm_job_submit(request(), {}, 2001.0), "code")
      holds(told("user"), "does not know yet which workers it may ask for")
      limits(SITE)
   end)
end

for field, option in pairs({ req_nodes = "--nodelist", features = "--constraint", prefer = "--prefer", batch_features = "--batch", reservation = "a reservation", licenses = "licenses" }) do
   case("a_request_that_picks_by_" .. field .. "_is_refused", function()
      accepted({ [field] = "" })
      same(slurm.ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE, slurm_job_submit(request({ [field] = "canary" }), {}, 2001.0), "code")
      holds(told("user"), option)
      lacks(told("user"), "canary")
   end)
end
case("a_new_job_has_an_empty_notice", function() same(" ", accepted().admin_comment, "admin_comment") end)
case("an_interactive_job_is_told_that_it_may_wait", function()
   same(slurm.SUCCESS, slurm_job_submit(request({ script = "", het_job_offset = NO_VAL }), {}, 2001.0), "code")
   holds(told("user"), "If no worker is free, one is started for this")
end)
case("the_first_part_of_a_heterogeneous_one_is_told_and_the_others_are_not", function()
   slurm_job_submit(request({ script = "", het_job_offset = 1.0 }), {}, 2001.0)
   same("", told("user"), "told")
   slurm_job_submit(request({ script = "", het_job_offset = 0.0 }), {}, 2001.0)
   holds(told("user"), "If no worker is free")
end)

case("an_error_in_the_rules_refuses", function()
   same(slurm.ERROR, slurm_job_submit(request({ min_nodes = "many" }), {}, 2001.0), "code")
   holds(told("user"), "could not be judged and is refused")
end)
case("a_user_cannot_modify_past_the_limits", function()
   local unset = { min_nodes = NO_VAL, num_tasks = NO_VAL, cpus_per_task = NO_VAL16, min_cpus = NO_VAL, time_limit = NO_VAL }
   same(slurm.SUCCESS, slurm_job_modify(with(unset), {}, {}, 2001.0), "nothing")
   same(slurm.ESLURM_REQUESTED_NODE_CONFIG_UNAVAILABLE, slurm_job_modify(with(unset, { min_nodes = 9.0 }), {}, {}, 2001.0), "nodes")
end)
case("a_modification_sets_no_default", function()
   local job = { time_limit = NO_VAL }
   slurm_job_modify(job, {}, {}, 2001.0)
   same(NO_VAL, job.time_limit, "time_limit")
end)
for _, field in ipairs({ "features", "req_nodes", "prefer", "batch_features", "partition", "reservation", "extra" }) do
   case("a_user_cannot_change_" .. field .. "_nor_take_it_away", function()
      for _, value in ipairs({ "canary", "" }) do
         same(slurm.ERROR, slurm_job_modify({ [field] = value }, {}, {}, 2001.0), "code of '" .. value .. "'")
         holds(told("user"), "can't be changed here")
         lacks(told("user") .. told("log"), "canary")
         same(slurm.SUCCESS, slurm_job_modify({ [field] = value }, {}, {}, 0.0), "root's")
      end
   end)
end

case("workers_of_everybody_need_no_feature", function()
   same(nil, accepted().features, "features")
   limits((SITE:gsub(" }", ", isolation = 0 }")))
   same(nil, accepted({ user_id = 5001.0 }).features, "features")
   limits(SITE)
end)
case("a_job_gets_the_feature_of_its_user_where_workers_are_one_members", function()
   limits((SITE:gsub(" }", ", isolation = 1 }")))
   same("u5001", accepted({ user_id = 5001.0 }).features, "features")
   same("u2001", accepted({ user_id = NO_VAL }).features, "features of who submits")
   refused({ user_id = 5001.0, features = "u5002" }, "it asks for features")
   limits(SITE)
end)
case("a_job_gets_no_worker_by_itself_where_workers_are_one_jobs", function()
   limits((SITE:gsub(" }", ", isolation = 2 }")))
   same("unassigned", accepted({ user_id = 5001.0 }).features, "features")
   refused({ user_id = 5001.0, features = "lease-1" }, "it asks for features")
   limits(SITE)
end)
case("an_unknown_isolation_refuses_every_job", function()
   limits((SITE:gsub(" }", ", isolation = 3 }")))
   same(slurm.ERROR, slurm_job_submit(request(), {}, 2001.0), "code")
   limits(SITE)
end)

local function rings(act)
   os.remove(CLOISTER_BELL)
   act()
   return get(CLOISTER_BELL)
end
case("the_controller_hears_of_every_submission_and_of_every_users_change", function()
   same("", rings(accepted), "file after a submission")
   same("", rings(function() slurm_job_modify({ time_limit = 5.0 }, {}, {}, 2001.0) end), "file after a change")
   same(nil, rings(function() slurm_job_modify({ time_limit = 5.0 }, {}, {}, 0.0) end), "file after its own change")
   same(nil, rings(function() refused({ min_nodes = 9.0 }, "it asks for 9 nodes") end), "file after what was refused")
end)
case("a_job_is_accepted_where_the_controller_cannot_be_told", function()
   local bell, folder = CLOISTER_BELL, SCRATCH .. "/absent/asked"
   CLOISTER_BELL = folder
   dofile(PLUGINS .. "/local/job_submit.lua")
   accepted()
   same(nil, get(folder), "file")
   CLOISTER_BELL = bell
   dofile(PLUGINS .. "/local/job_submit.lua")
end)

case("the_controller_modifies_freely", function() same(slurm.SUCCESS, slurm_job_modify({ min_nodes = 9.0 }, {}, {}, 0.0), "code") end)

case("nothing_of_a_job_is_told_or_logged_but_numbers", function()
   slurm_job_submit(request({ min_nodes = 9.0, name = "canary", script = "canary", comment = "canary", work_dir = "canary", features = "canary" }), {}, 2001.0)
   lacks(told("user") .. told("log"), "canary")
   same("", told("log"), "log")
end)
