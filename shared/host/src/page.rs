//! A page of a list: some lines, and whether there are more. Read models fill it, answers name the next one from it.

/// Lines of a list in its order, and whether there are more behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The lines.
    pub lines: Vec<T>,
    /// Whether the list goes on.
    pub more: bool,
}

impl<T> Page<T> {
    /// At most `limit` lines of a list. One more is read, to know that there is one; the first that can't be read is the
    /// answer.
    pub fn of<E>(list: impl IntoIterator<Item = Result<T, E>>, limit: usize) -> Result<Self, E> {
        let mut lines = list.into_iter().take(limit.saturating_add(1)).collect::<Result<Vec<_>, E>>()?;
        let more = lines.len() > limit;
        lines.truncate(limit);
        Ok(Page { lines, more })
    }

    /// The cursor of the next page, if there is one: `cursor` makes it from the last line.
    pub fn next(&self, cursor: impl FnOnce(&T) -> String) -> Option<String> {
        self.lines.last().filter(|_| self.more).map(cursor)
    }

    /// The page with something else made of each line.
    pub fn map<U>(self, line: impl FnMut(T) -> U) -> Page<U> {
        Page { lines: self.lines.into_iter().map(line).collect(), more: self.more }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn page(lines: u64, limit: usize) -> Page<u64> {
        Page::of((1..=lines).map(Ok::<_, Infallible>), limit).unwrap()
    }

    #[test]
    fn a_page_knows_whether_there_are_more() {
        for (lines, limit, held, next) in
            [(0, 2, 0, None), (2, 2, 2, None), (3, 2, 2, Some("n-2")), (9, 1, 1, Some("n-1"))]
        {
            let page = page(lines, limit);
            let found = page.next(|line| format!("n-{line}"));
            assert_eq!((page.lines.len(), found.as_deref()), (held, next), "{lines} lines, {limit} a page");
        }
        assert_eq!(page(3, 2).map(|line| line * 10), Page { lines: vec![10, 20], more: true });
    }

    #[test]
    fn a_line_that_can_not_be_read_is_the_answer() {
        assert_eq!(Page::of([Ok(1), Err("torn"), Ok(3)], 2), Err("torn"));
        assert_eq!(Page::of([Ok(1), Ok(2), Ok(3), Err("beyond the page")], 2).unwrap().lines, [1, 2]);
    }
}
