//! Schedules of `CronJob`s as `robfig/cron` v3 reads them, and time zones as the server knows them.
//!
//! In: a schedule, or the name of a time zone. Out: what is wrong with it in a few words, or nothing. It never computes
//! when a job will run.

use std::ops::RangeInclusive;

use crate::check::duration;

/// The names of the IANA time zone database, one a line: those that Go embeds, and with it the API server.
const TIME_ZONES: &str = include_str!("time_zones.txt");

/// Whether a schedule is sound.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(schedule: &str) -> Result<(), String> {
    if let Some(descriptor) = schedule.strip_prefix('@') {
        return parse_descriptor(descriptor);
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week] = fields[..] else {
        return Err(format!(
            "it has {} fields, but must have 5: minute, hour, day of month, month, day of week",
            fields.len()
        ));
    };
    parse_field(minute, "the minute", 0..=59, &[])?;
    parse_field(hour, "the hour", 0..=23, &[])?;
    parse_field(day_of_month, "the day of the month", 1..=31, &[])?;
    parse_field(month, "the month", 1..=12, MONTHS)?;
    parse_field(day_of_week, "the day of the week", 0..=6, DAYS)
}

const MONTHS: &[(&str, u64)] = &[
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
];

const DAYS: &[(&str, u64)] = &[("sun", 0), ("mon", 1), ("tue", 2), ("wed", 3), ("thu", 4), ("fri", 5), ("sat", 6)];

fn parse_descriptor(descriptor: &str) -> Result<(), String> {
    match descriptor {
        "yearly" | "annually" | "monthly" | "weekly" | "daily" | "midnight" | "hourly" => Ok(()),
        _ => match descriptor.strip_prefix("every ") {
            Some(duration) if duration::parse(duration).is_some() => Ok(()),
            Some(duration) => Err(format!("`{duration}` is no duration such as `1h30m`")),
            None => Err(format!(
                "`@{descriptor}` is none of `@yearly`, `@monthly`, `@weekly`, `@daily`, `@hourly`, `@every <duration>`"
            )),
        },
    }
}

/// A list of ranges. Empty items are skipped, as cron does.
fn parse_field(field: &str, name: &str, bounds: RangeInclusive<u64>, names: &[(&str, u64)]) -> Result<(), String> {
    field.split(',').filter(|range| !range.is_empty()).try_for_each(|range| {
        parse_range(range, &bounds, names).map_err(|reason| format!("{name}, `{range}`, {reason}"))
    })
}

fn parse_range(range: &str, bounds: &RangeInclusive<u64>, names: &[(&str, u64)]) -> Result<(), String> {
    let (limits, step) = match range.split_once('/') {
        Some((_, step)) if step.contains('/') => return Err("has more than one `/`".to_owned()),
        Some((limits, step)) => (limits, Some(step)),
        None => (range, None),
    };
    let mut parts = limits.split('-');
    let first = parts.next().unwrap_or_default();
    let (start, end) = if matches!(first, "*" | "?") {
        // cron does not look at what follows a star and a hyphen.
        (*bounds.start(), *bounds.end())
    } else {
        let start = parse_number(first, names)?;
        match (parts.next(), parts.next()) {
            (_, Some(_)) => return Err("has more than one `-`".to_owned()),
            (Some(end), None) => (start, parse_number(end, names)?),
            (None, None) if step.is_some() => (start, *bounds.end()),
            (None, None) => (start, start),
        }
    };
    if let Some(step) = step
        && parse_number(step, &[])? == 0
    {
        return Err("has a step of zero".to_owned());
    }
    if start < *bounds.start() || end > *bounds.end() {
        return Err(format!("is not within {} to {}", bounds.start(), bounds.end()));
    }
    if start > end {
        return Err("ends before it begins".to_owned());
    }
    Ok(())
}

fn parse_number(text: &str, names: &[(&str, u64)]) -> Result<u64, String> {
    if let Some((_, number)) = names.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(*number);
    }
    let number = text.parse::<i64>().ok().and_then(|number| u64::try_from(number).ok());
    number.ok_or_else(|| {
        format!("holds `{text}`, which is no number{}", if names.is_empty() { "" } else { " and no name" })
    })
}

/// Whether a time zone exists. The server reads its machine's database before the one that it embeds, and some machines
/// have variants of all zones below two folders.
pub(super) fn is_time_zone(name: &str) -> bool {
    let name = name.strip_prefix("posix/").or_else(|| name.strip_prefix("right/")).unwrap_or(name);
    time_zones().any(|zone| zone == name)
}

/// The names of all time zones.
pub(super) fn time_zones() -> impl Iterator<Item = &'static str> {
    TIME_ZONES.lines()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_schedules_are_those_that_cron_reads() {
        for schedule in [
            "0 3 * * *",
            "*/15 0-6 1,15 JAN-dec mon-FRI",
            "0 0 ? * ?",
            "5/10 * * * *",
            "  0   3 * * 6 ",
            ", * * * *",
            "*-9 * * * *",
            "+5 * * * *",
            "0 0 1-31/99 * *",
            "@daily",
            "@every 1h30m",
            "@every -1.5h",
            "@every 0",
            "@every .5s",
        ] {
            assert_eq!(parse(schedule), Ok(()), "{schedule}");
        }
    }

    #[test]
    fn unsound_schedules_are_refused_with_a_reason() {
        for (schedule, reason) in [
            ("60 3 * * *", "the minute, `60`, is not within 0 to 59"),
            ("0 3 * * 7", "the day of the week, `7`, is not within 0 to 6"),
            ("0 3 0 * *", "the day of the month, `0`, is not within 1 to 31"),
            ("0 3 * *", "4 fields"),
            ("0 0 3 * * *", "6 fields"),
            ("", "0 fields"),
            ("*/0 * * * *", "a step of zero"),
            ("*/5/5 * * * *", "more than one `/`"),
            ("1-2-3 * * * *", "more than one `-`"),
            ("9-1 * * * *", "ends before it begins"),
            ("a * * * *", "no number"),
            ("-1 * * * *", "no number"),
            ("* * * sun *", "no number and no name"),
            ("0 0 L * *", "no number"),
            ("@fortnightly", "none of"),
            (" @daily", "1 fields"),
            ("@daily ", "none of"),
            ("@every 1", "no duration"),
            ("@every 1 h", "no duration"),
            ("@every ", "no duration"),
            ("@every 999999999h", "no duration"),
        ] {
            let found = parse(schedule).expect_err(schedule);
            assert!(found.contains(reason), "`{schedule}`: {found}");
        }
    }

    #[test]
    fn time_zones_are_known_by_their_exact_names() {
        assert!(
            is_time_zone("Europe/Vienna")
                && is_time_zone("UTC")
                && is_time_zone("Etc/GMT+5")
                && is_time_zone("US/Pacific")
        );
        assert!(!is_time_zone("europe/vienna") && !is_time_zone("Mars/Olympus") && !is_time_zone(""));
    }
}
