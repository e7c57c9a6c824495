"""Forms of the surroundings: a protected place with its point, an area of residents with its outline."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib.gis.geos import MultiPolygon

from geo.coordinates import Datum
from geo.models import Population
from geo.parsing import BadGeometry, parse_geometry
from supervision.surroundings.models import ProtectedSite


class ProtectedSiteForm(forms.ModelForm):
    """The main facts; the site's name, address and place are edited with them."""

    name = forms.CharField(label="名称", min_length=2, max_length=120)
    address = forms.CharField(label="地址", max_length=200, required=False)
    lon = forms.FloatField(label="经度", min_value=-180, max_value=1_000_000)
    lat = forms.FloatField(label="纬度", min_value=-90, max_value=10_000_000)
    datum = forms.ChoiceField(label="坐标系", choices=Datum.choices, initial=Datum.CGCS2000)

    field_order = ("name", "category", "target_class", "persons", "households", "address", "lon", "lat", "datum")

    class Meta:
        model = ProtectedSite
        fields = ("category", "target_class", "persons", "households", "contact_name", "contact_phone", "remark")
        help_texts = {
            "target_class": "GB 36894-2018。不选时按类型和人数、户数推定；按建筑面积或床位分类的，请对照标准核定。",
            "persons": "学校、医院按在校、床位及职工人数，住宅按常住人数。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["target_class"].required = False
        if self.instance.pk:
            site = self.instance.site
            self.initial.update({"name": site.name, "address": site.address, "lon": site.geom.x, "lat": site.geom.y})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk and not {"lon", "lat", "datum"} & set(self.changed_data):
            # The point was not touched: it must not be read again in another datum.
            for key in ("lon", "lat", "datum"):
                cleaned.pop(key, None)
        return cleaned


class OutlineField(forms.CharField):
    """A polygon as GeoJSON text in CGCS2000."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return value if value is None or isinstance(value, str) else value.geojson

    def to_python(self, value: Any) -> Any:
        if not value:
            return None
        try:
            found = parse_geometry(value, kinds=("Polygon", "MultiPolygon"))
        except BadGeometry as error:
            raise forms.ValidationError(str(error)) from error
        return found if isinstance(found, MultiPolygon) else MultiPolygon(found, srid=found.srid)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return json.loads(self.prepare_value(initial) or "null") != json.loads(data or "null")
        except ValueError:
            return True


class PopulationForm(forms.ModelForm):
    geom = OutlineField(
        label="范围",
        help_text="GeoJSON 多边形（CGCS2000 经纬度）。成批的范围请用“导入”上传 Shapefile、GeoPackage、KML 或 GeoJSON。",
    )

    class Meta:
        model = Population
        fields = ("name", "persons", "as_of", "source", "geom")
        widgets = {"as_of": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
