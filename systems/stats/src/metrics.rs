//! The dashboard as lines for `/metrics`.

use model::monitor::{Metric, Monitor, Severity};

/// Gauges of the same figures as the dashboard's.
pub fn lines(monitor: &Monitor) -> Vec<Metric> {
    let gauge =
        |name, help, labels, value: f64| Metric { name, help, is_counter: false, labels, value };
    let agents = &monitor.agents;
    let by_state = [
        ("AfterCallWork", agents.after_call_work),
        ("LoggedOut", agents.logged_out),
        ("NotReady", agents.not_ready),
        ("OnCall", agents.on_call),
        ("Ready", agents.ready),
    ];
    let mut lines: Vec<Metric> = by_state
        .into_iter()
        .map(|(state, count)| {
            let labels = vec![("state", state.to_owned())];
            gauge("cordboard_agents", "Agents by status.", labels, count.into())
        })
        .collect();
    for queue in &monitor.queues {
        let labels = || vec![("queue", queue.name.to_string())];
        let help = "Calls that wait in a queue.";
        lines.push(gauge("cordboard_queue_waiting", help, labels(), queue.waiting.into()));
        let help = "The longest wait in a queue so far, in seconds.";
        let longest = queue.longest_wait_seconds.into();
        lines.push(gauge("cordboard_queue_longest_wait_seconds", help, labels(), longest));
    }
    for queue in &monitor.queues {
        let labels = || vec![("queue", queue.name.to_string())];
        let hour = &queue.hour;
        for (name, help, value) in [
            ("cordboard_queue_hour_offered", "Calls offered in the last 3600 s.", hour.offered),
            ("cordboard_queue_hour_answered", "Calls answered in the last 3600 s.", hour.answered),
            (
                "cordboard_queue_hour_abandoned",
                "Calls abandoned in the last 3600 s.",
                hour.abandoned,
            ),
        ] {
            lines.push(gauge(name, help, labels(), value.into()));
        }
        // Without calls there is no service level, which is not the same as 0 %.
        if let Some(percent) = hour.service_level_percent {
            let help = "Calls answered in time in the last 3600 s, in per cent.";
            let name = "cordboard_queue_hour_service_level_percent";
            lines.push(gauge(name, help, labels(), percent.into()));
        }
    }
    for alarm in &monitor.alarms {
        let severity = match alarm.severity {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
        };
        let labels = vec![("name", alarm.name.clone()), ("severity", severity.to_owned())];
        lines.push(gauge("cordboard_alarm", "Alarms that are raised.", labels, 1.0));
    }
    let hour = &monitor.last_hour;
    for (name, help, value) in [
        ("cordboard_hour_inbound", "Inbound calls of the last 3600 s.", hour.inbound),
        ("cordboard_hour_outbound", "Outbound calls of the last 3600 s.", hour.outbound),
        ("cordboard_hour_abandoned", "Abandoned calls of the last 3600 s.", hour.abandoned),
        (
            "cordboard_hour_average_handle_seconds",
            "Talk and after-call work per call in the last 3600 s.",
            hour.average_handle_seconds,
        ),
    ] {
        lines.push(gauge(name, help, Vec::new(), value.into()));
    }
    // One name's lines stand together in Prometheus' text format.
    lines.sort_by_key(|line| line.name);
    lines
}
