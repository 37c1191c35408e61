//! Lists for people: columns under a header.

/// What stands between two columns.
const GAP: &str = "  ";

/// A table with this header. Each column is as wide as its longest entry; the last one is not filled
/// up.
pub(super) fn table<const N: usize>(header: [&str; N], rows: &[[String; N]]) -> String {
    let mut widths = header.map(width);
    for row in rows {
        for (widest, entry) in widths.iter_mut().zip(row) {
            *widest = width(entry).max(*widest);
        }
    }
    let mut text = line(&header, &widths);
    for row in rows {
        text.push_str(&line(&row.each_ref().map(String::as_str), &widths));
    }
    text
}

fn width(entry: &str) -> usize {
    entry.chars().count()
}

fn line<const N: usize>(entries: &[&str; N], widths: &[usize; N]) -> String {
    let mut text = String::new();
    for (place, (entry, widest)) in entries.iter().zip(widths).enumerate() {
        if place > 0 {
            text.push_str(GAP);
        }
        text.push_str(entry);
        if place + 1 < N {
            text.extend(std::iter::repeat_n(' ', widest.saturating_sub(width(entry))));
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_their_header() {
        let rows = [["a", "Grüße", "x"], ["bcd", "e", "longer"]].map(|row| row.map(str::to_owned));

        let shown = table(["ID", "NAME", "WHAT"], &rows);

        assert_eq!(shown, "ID   NAME   WHAT\na    Grüße  x\nbcd  e      longer\n");
    }

    #[test]
    fn without_rows_there_is_a_header() {
        assert_eq!(table(["ID", "NAME"], &[]), "ID  NAME\n");
    }
}
