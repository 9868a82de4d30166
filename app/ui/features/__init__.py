"""What the window can do, one feature a file. Their order is that of the actions within a group of a menu."""

from __future__ import annotations

from app.ui.feature import Feature


def features() -> tuple[type[Feature], ...]:
    """All features."""
    from app.ui.features.appearance import Appearance
    from app.ui.features.comparing import Comparing
    from app.ui.features.doubting import Doubting
    from app.ui.features.dropping import Dropping
    from app.ui.features.editing import Editing
    from app.ui.features.exporting import Exporting
    from app.ui.features.filing import Filing
    from app.ui.features.first_steps import FirstSteps
    from app.ui.features.generating import Generating
    from app.ui.features.help import Help
    from app.ui.features.jobs import Jobs
    from app.ui.features.layout import Layout
    from app.ui.features.lesions import Lesions
    from app.ui.features.measuring import Measuring
    from app.ui.features.models import Models
    from app.ui.features.nothing_open import NothingOpen
    from app.ui.features.overlays import Overlays
    from app.ui.features.placing import Placing
    from app.ui.features.privacy import Privacy
    from app.ui.features.recent import Recent
    from app.ui.features.reconstructing import Reconstructing
    from app.ui.features.recovering import Recovering
    from app.ui.features.removing import Removing
    from app.ui.features.slices import Slices
    from app.ui.features.teaching import Teaching
    from app.ui.features.tools import Tools
    from app.ui.features.training_sets import TrainingSets
    from app.ui.features.viewing import Viewing
    from app.ui.features.windowing import Windowing
    from app.ui.features.workspaces import Workspaces

    return (
        Filing,
        Recent,
        Generating,
        Recovering,
        Exporting,
        Dropping,
        Editing,
        Lesions,
        Placing,
        Teaching,
        Removing,
        Windowing,
        Slices,
        Privacy,
        Viewing,
        Comparing,
        Reconstructing,
        Measuring,
        Overlays,
        Doubting,
        Jobs,
        Appearance,
        Workspaces,
        Models,
        TrainingSets,
        Layout,
        Tools,
        FirstSteps,
        NothingOpen,
        Help,
    )
