"""Charts draw what is counted, and say it in words."""

from datetime import date, timedelta

from pipeline.web.charts import bars, ends_of, histogram, moments, on_common_days, share, sparkline

DAY = date(2026, 3, 2)


def test_days_without_hits_have_an_empty_bar() -> None:
    assert [bar.count for bar in bars([(DAY, 3), (DAY - timedelta(days=3), 1)])] == [1, 0, 0, 3]


def test_a_long_time_is_drawn_by_week() -> None:
    drawn = bars([(DAY, 3), (DAY - timedelta(days=200), 1)])
    assert len(drawn) < 40
    assert (drawn[0].count, drawn[-1].count) == (1, 3)
    assert {bar.start.weekday() for bar in drawn} == {0}
    assert drawn[-1].label() == "2 Mar 2026 – 8 Mar 2026"
    assert drawn[-1].label("de") == "2. März 2026 – 8. März 2026"


def test_years_are_cut_to_the_latest() -> None:
    assert len(bars([(DAY, 1), (date(1900, 1, 1), 1)])) <= 162


def test_filled_bars_are_links_with_their_number() -> None:
    chart = histogram([(DAY, 3), (DAY - timedelta(days=2), 1)], lambda bar: f'/x?"&after={bar.start}')
    assert chart is not None
    svg = chart.drawn("By <day>")
    assert svg.count("<a ") == 2
    assert "<title>2 Mar 2026: 3</title>" in svg
    assert 'href="/x?&#34;&amp;after=2026-03-02"' in svg
    assert "By &lt;day&gt;: 28 Feb 2026 – 2 Mar 2026" in svg
    assert [bool(bar.address) for bar in chart.bars] == [True, False, True]
    assert histogram([]) is None


def test_a_few_bars_do_not_fill_the_drawing() -> None:
    few, many = histogram([(DAY, 3)]), histogram([(DAY, 3), (DAY - timedelta(days=19), 3)])
    assert few is not None
    assert many is not None
    assert ('viewBox="0 0 14 100"' in few.drawn("x"), few.is_short) == (True, True)
    assert ('viewBox="0 0 20 100"' in many.drawn("x"), many.is_short) == (True, False)


def test_a_drawing_with_links_is_no_image_for_screen_readers() -> None:
    linked, plain = histogram([(DAY, 3)], lambda bar: "/x"), histogram([(DAY, 3)])
    assert linked is not None
    assert plain is not None
    assert 'role="group"' in linked.drawn("x")
    assert 'role="img"' in plain.drawn("x")


def test_two_counts_are_drawn_over_the_same_days_on_one_scale() -> None:
    one, other = on_common_days([(DAY, 3)], [(DAY - timedelta(days=2), 6)])
    assert [[bar.count for bar in bars(counts)] for counts in (one, other)] == [[0, 0, 3], [6, 0, 0]]
    assert on_common_days([], []) == ([], [])
    chart = histogram(one, most=6)
    assert chart is not None
    assert 'height="50"' in chart.drawn("x")


def test_small_charts_hold_their_shares() -> None:
    assert 'width="25"' in share(1, 4)
    assert 'width="0"' in share(0, 0)
    assert sparkline([0, 2, 4], "x").count("<rect") == 3  # the last of them is the latest, which the style marks
    assert 'class="copy"' in moments([(0, "first"), (1, "copy")], "x")


def test_a_small_chart_names_its_first_and_last_day() -> None:
    assert ends_of(14, DAY) == ("17 Feb", "2 Mar")
    assert ends_of(1, DAY) == ("2 Mar", "2 Mar")
    assert ends_of(14, DAY, "de") == ("17. Feb.", "2. März")
